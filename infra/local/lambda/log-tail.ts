import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** How much of a log Lambda answers, in bytes. */
const TAIL_BYTES = 4_096;

/** The end of an invocation's log, as `X-Amz-Log-Type: Tail` asks for it. */
export class LogTail {
  #lines: string[] = [];
  #bytes = 0;

  add(line: string): void {
    this.#lines.push(`${line}\n`);
    this.#bytes += Buffer.byteLength(line) + 1;
    // What is out of reach is not kept, however much a function writes.
    while (this.#bytes - Buffer.byteLength(this.#lines[0]!) >= TAIL_BYTES) {
      this.#bytes -= Buffer.byteLength(this.#lines.shift()!);
    }
  }

  /** The last 4 KB, in base64, without a character that would be cut. */
  toBase64(): string {
    const bytes = Buffer.from(this.#lines.join(''));
    let start = Math.max(0, bytes.length - TAIL_BYTES);
    while (start > 0 && (bytes[start]! & 0xc0) === 0x80) start++;
    return bytes.subarray(start).toString('base64');
  }
}

/** The lines that a process writes, on any of its streams. */
export class ProcessLog {
  readonly #streams: MarkedStream[];

  constructor(streams: Readable[], onLine: (line: string) => void) {
    this.#streams = streams.map((stream) => new MarkedStream(stream, onLine));
  }

  /** Resolves when each stream has reached the mark, or its end. The mark is not part of any line. */
  async reached(mark: string): Promise<void> {
    await Promise.all(this.#streams.map((stream) => stream.reached(mark)));
  }
}

/** Answers come over another channel than the log, so a mark in the log ends the lines of each invocation. */
class MarkedStream {
  #isOpen = true;
  #waiting: { mark: string; resolve: () => void } | undefined;

  constructor(stream: Readable, onLine: (line: string) => void) {
    createInterface({ input: stream })
      .on('line', (line) => {
        const { mark, resolve } = this.#waiting ?? {};
        if (mark === undefined || !line.endsWith(mark)) {
          onLine(line);
          return;
        }
        // What was written last may have no line break.
        if (line !== mark) onLine(line.slice(0, -mark.length));
        resolve?.();
      })
      .on('close', () => {
        this.#isOpen = false;
        this.#waiting?.resolve();
      });
  }

  async reached(mark: string): Promise<void> {
    if (!this.#isOpen) return;
    await new Promise<void>((resolve) => {
      this.#waiting = { mark, resolve };
    });
    this.#waiting = undefined;
  }
}
