/** Thrown if a figure would end after the time that the whole bench has. */
export class TimeIsUp extends Error {
  constructor() {
    super('not measured: the time of this bench was over; run it without --quick');
  }
}

export class Deadline {
  readonly #at: number;

  constructor(ms: number) {
    this.#at = performance.now() + ms;
  }

  leftMs(): number {
    return this.#at - performance.now();
  }

  /** The work's outcome, or `TimeIsUp` when that comes too late. */
  async hold<T>(work: () => Promise<T>, onTimeUp: () => void = () => undefined): Promise<T> {
    const left = this.leftMs();
    if (left <= 0) throw new TimeIsUp();
    if (left === Infinity) return work();
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        onTimeUp();
        reject(new TimeIsUp());
      }, left);
    });
    return Promise.race([work(), over]).finally(() => clearTimeout(timer));
  }
}
