import { createInterface, type Interface } from 'node:readline';

type Input = NodeJS.ReadableStream & { isTTY?: boolean };

/** Enter, in a terminal. Lines are read as they are: raw keys would have to be given back after a crash. */
export class EnterKey {
  readonly isThere: boolean;
  readonly #lines: Interface | undefined;
  #pressed = new AbortController();

  /** @param onEcho after the terminal has shown the line's end */
  constructor(input: Input, onEcho: () => void) {
    this.isThere = input.isTTY === true;
    if (!this.isThere) return;
    this.#lines = createInterface({ input });
    this.#lines.on('line', () => {
      onEcho();
      this.#pressed.abort();
    });
  }

  /** Aborted at the next Enter. */
  pressed(): AbortSignal {
    this.#pressed = new AbortController();
    return this.#pressed.signal;
  }

  close(): void {
    this.#lines?.close();
  }
}
