import type { Random } from './random.ts';

/** What a drawn workflow does. A ref is used in one place, so that it names a step together with its occurrence. */
export type Program =
  | {
      do: 'call';
      ref: string;
      undo?: true;
      timeoutMs?: number;
      refusals?: number;
      crashes?: number;
      bytes?: number;
      isAway?: true;
    }
  | { do: 'order'; ref: string }
  | { do: 'job'; ref: string; ms: number; timeoutMs?: number }
  | { do: 'sleep'; ref: string; ms: number }
  | { do: 'wait'; ref: string; ms: number }
  | { do: 'now' | 'random' | 'inline' | 'misuse'; ref: string }
  | { do: 'fail' }
  | { do: 'sequence' | 'parallel' | 'race'; parts: Program[] }
  | { do: 'loop'; times: number; part: Program }
  | { do: 'branch'; ref: string; one: Program; other: Program }
  | { do: 'try'; part: Program; rescue: Program; throws: boolean }
  | { do: 'forget'; part: Program };

/** Signals that a drawn workflow can wait for. */
export const SIGNALS = ['answer 0', 'answer 1', 'answer 2', 'answer 3'];

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export class ProgramDrawer {
  #refs = 0;
  #signals = 0;
  #leaves: number;

  constructor(
    readonly random: Random,
    readonly count: (kind: string) => void,
  ) {
    this.#leaves = random.pick([1, 2, 4, 6]);
  }

  draw(): Program {
    const parts = [this.#node(0), this.#node(0)];
    while (this.#leaves > 0 && this.random.chance(0.7)) parts.push(this.#node(0));
    return this.#counted({ do: 'sequence', parts });
  }

  #counted(program: Program): Program {
    this.count(program.do);
    if ('timeoutMs' in program) this.count('timeout');
    if ('undo' in program) this.count('undo');
    return program;
  }

  #node(depth: number): Program {
    const { random } = this;
    if (depth >= 3 || this.#leaves <= 1 || random.chance(0.45)) return this.#leaf();
    const parts = () => Array.from({ length: random.whole(2, 3) }, () => this.#node(depth + 1));
    switch (random.pick(['sequence', 'parallel', 'parallel', 'race', 'loop', 'branch', 'try', 'try'])) {
      case 'parallel':
        return this.#counted({ do: 'parallel', parts: random.chance(0.15) ? this.#failing() : parts() });
      case 'race':
        return this.#counted({ do: 'race', parts: parts() });
      case 'loop':
        return this.#counted({ do: 'loop', times: random.whole(2, 3), part: this.#leaf(true) });
      case 'branch': {
        const ref = this.#ref();
        return this.#counted({ do: 'branch', ref, one: this.#node(depth + 1), other: this.#leaf() });
      }
      case 'try': {
        const body = this.#node(depth + 1);
        const part: Program = random.chance(0.4) ? { do: 'sequence', parts: [body, { do: 'fail' }] } : body;
        return this.#counted({ do: 'try', part, rescue: this.#leaf(), throws: random.chance(0.4) });
      }
      default:
        return this.#counted({ do: 'sequence', parts: parts() });
    }
  }

  /** Branches of which one fails while another one has something in progress, which a retry finds begun. */
  #failing(): Program[] {
    const { random } = this;
    const failing: Program = { ...this.#call(this.#ref()), refusals: random.whole(1, 2) };
    const job: Program = { do: 'job', ref: this.#ref(), ms: random.pick([50 * SECOND, HOUR]) };
    return [
      { do: 'try', part: this.#counted(failing), rescue: this.#leaf(), throws: true },
      { do: 'sequence', parts: [this.#leaf(), this.#counted(job)] },
    ];
  }

  #leaf(isRepeated = false): Program {
    this.#leaves--;
    const { random } = this;
    const kind = random.weighted({
      ...{ call: 10, order: 1.5, job: 1.5, sleep: 3, wait: this.#signals < SIGNALS.length ? 3 : 0 },
      ...{ now: 1, random: 0.5, inline: 1, misuse: 0.3, forget: isRepeated ? 0 : 0.6, fail: 0.7 },
    });
    const ref = this.#ref();
    switch (kind) {
      case 'call':
        return this.#counted(this.#call(ref));
      case 'job': {
        const timeoutMs = random.pick([undefined, MINUTE, HOUR, DAY]);
        const ms = random.pick([SECOND, 50 * SECOND, HOUR]);
        return this.#counted({ do: kind, ref, ms, ...(timeoutMs && { timeoutMs }) });
      }
      case 'sleep':
        return this.#counted({ do: kind, ref, ms: random.pick([200, 20 * SECOND, HOUR, 2 * DAY, 40 * DAY]) });
      case 'wait': {
        const signal = SIGNALS[this.#signals++]!;
        return this.#counted({
          do: kind,
          ref: signal,
          ms: random.pick([5 * SECOND, 10 * MINUTE, HOUR, 25 * DAY]),
        });
      }
      case 'forget':
        return this.#counted({ do: kind, part: this.#counted(this.#call(ref)) });
      case 'fail':
        return this.#counted({ do: kind });
      default:
        return this.#counted({ do: kind, ref });
    }
  }

  #call(ref: string): Extract<Program, { do: 'call' }> {
    const { random } = this;
    return {
      do: 'call',
      ref,
      ...(random.chance(0.25) && { undo: true }),
      ...(random.chance(0.15) && { timeoutMs: random.pick([5 * SECOND, 2 * MINUTE, DAY]) }),
      ...(random.chance(0.12) && { refusals: random.whole(1, 3) }),
      ...(random.chance(0.01) && { crashes: random.pick([1, 2, 12, 14]) }),
      ...(random.chance(0.04) && { bytes: 40_000 }),
      ...(random.chance(0.03) && { isAway: true }),
    };
  }

  #ref = (): string => `s${this.#refs++}`;
}

/** All parts of a program, the program among them. */
export function partsOf(program: Program): Program[] {
  switch (program.do) {
    case 'sequence':
    case 'parallel':
    case 'race':
      return [program, ...program.parts.flatMap(partsOf)];
    case 'loop':
    case 'forget':
      return [program, ...partsOf(program.part)];
    case 'branch':
      return [program, ...partsOf(program.one), ...partsOf(program.other)];
    case 'try':
      return [program, ...partsOf(program.part), ...partsOf(program.rescue)];
    default:
      return [program];
  }
}
