import { createInterface, type Interface } from 'node:readline';

type Input = NodeJS.ReadableStream & { isTTY?: boolean };

/** Enter, in a terminal. It reads whole lines: a crash in raw mode would leave the terminal in raw mode. */
export class EnterKey {
  readonly isThere: boolean;
  readonly #lines: Interface | undefined;
  #pressed = new AbortController();
  #presses = 0;
  #taken = 0;

  /** @param onEcho after the terminal has shown the line's end */
  constructor(input: Input, onEcho: () => void) {
    this.isThere = input.isTTY === true;
    if (!this.isThere) return;
    this.#lines = createInterface({ input });
    this.#lines.on('line', () => {
      onEcho();
      this.#presses += 1;
      this.#pressed.abort();
    });
  }

  /** Aborted at the next Enter; at once if one was not taken yet. */
  pressed(): AbortSignal {
    this.#pressed = new AbortController();
    if (this.#presses > this.#taken) this.#pressed.abort();
    return this.#pressed.signal;
  }

  /** What has been pressed until now is being done. */
  take(): void {
    this.#taken = this.#presses;
  }

  close(): void {
    this.#lines?.close();
  }
}
