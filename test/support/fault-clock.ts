import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const preload = fileURLToPath(new URL('fault-clock.js', import.meta.url));

/** A clock that several processes go by and that can be put forward, never back. */
export class FaultClock {
  readonly #file: string;

  constructor(folder: string) {
    this.#file = join(folder, 'clock');
    writeFileSync(this.#file, '');
  }

  /** The variables of a process that goes by this clock. */
  get environment(): Record<string, string> {
    return {
      NODE_OPTIONS: `--import ${preload}`,
      CLOCK_FILE: this.#file,
      // By this the driver knows that it is in a Lambda, and polls the store's state instead of listening for it.
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    };
  }

  get now(): number {
    return Date.now() + statSync(this.#file).size * 1000;
  }

  advance(seconds: number): void {
    appendFileSync(this.#file, Buffer.alloc(seconds));
  }
}
