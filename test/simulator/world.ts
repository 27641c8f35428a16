import { createHash } from 'node:crypto';

interface Due {
  at: number;
  order: number;
  run: () => void;
}

/** The first instant, if none is given. */
const BEGIN = Date.UTC(2030, 0, 7, 14, 30);

/** A schedule that has more of them never ends. */
const MOST_EVENTS = 100_000;

/**
 * Virtual time: things that are due happen one after the other, and each one has run its course before the next.
 *
 * All that happens goes to `log`; its digest is the same for the same seed.
 */
export class World {
  now: number;
  events = 0;
  readonly lines: string[] = [];
  readonly counts = new Map<string, number>();
  readonly #mostEvents: number;
  readonly #digest = createHash('sha256');
  readonly #begin: number;
  readonly #isRecorded: boolean;
  /** A heap: the one that is due first comes first. */
  readonly #due: Due[] = [];
  #order = 0;

  constructor(isRecorded: boolean, { begin = BEGIN, mostEvents = MOST_EVENTS } = {}) {
    this.now = this.#begin = begin;
    this.#mostEvents = mostEvents;
    this.#isRecorded = isRecorded;
  }

  after(ms: number, run: () => void): void {
    const due = { at: this.now + Math.max(0, ms), order: this.#order++, run };
    let at = this.#due.length;
    for (let parent = (at - 1) >> 1; at > 0 && isBefore(due, this.#due[parent]!); parent = (at - 1) >> 1) {
      this.#due[at] = this.#due[parent]!;
      at = parent;
    }
    this.#due[at] = due;
  }

  /** Lets all happen that is due until then. */
  async until(end: number): Promise<void> {
    for (let next = this.#due[0]; next && next.at <= end; next = this.#due[0]) {
      this.#removeFirst();
      this.now = Math.max(this.now, next.at);
      this.events++;
      if (this.events > this.#mostEvents) return;
      next.run();
      await settled();
    }
    this.now = Math.max(this.now, end);
  }

  /** Lets time pass until a condition holds, or nothing is due any more. */
  async while(condition: () => boolean): Promise<void> {
    while (condition() && this.#due.length > 0 && this.events <= this.#mostEvents)
      await this.until(this.#due[0]!.at);
  }

  /** One thing that happened. */
  log(kind: string, ...about: (string | number)[]): void {
    const line = `${((this.now - this.#begin) / 1000).toFixed(3)} ${kind} ${about.join(' ')}`;
    this.#digest.update(line).update('\n');
    if (this.#isRecorded) this.lines.push(line);
  }

  /** Counts an event or a fault of a kind. */
  count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  digest(): string {
    return this.#digest.copy().digest('hex');
  }

  #removeFirst(): void {
    const last = this.#due.pop()!;
    if (this.#due.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#due.length) break;
      const other = this.#due[child + 1];
      if (other && isBefore(other, this.#due[child]!)) child++;
      if (!isBefore(this.#due[child]!, last)) break;
      this.#due[at] = this.#due[child]!;
      at = child;
    }
    this.#due[at] = last;
  }
}

/** A tick of Node's begins once no promise has anything left to run. */
const settled = () => new Promise<void>((resolve) => process.nextTick(resolve));

const isBefore = (one: Due, other: Due) =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
