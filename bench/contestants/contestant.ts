/** Where a contestant keeps its runs; each gets one of its own. */
export type Backend = 'store' | 'store with transactions' | 'postgres' | 'none';

/** One engine, connected and ready to run the workflow of the bench: steps one after the other, whose work is empty. */
export interface Engine {
  /** A run of this many steps, to its end. */
  run(key: string, steps: number): Promise<void>;
  /** A tick: a run of three steps for each key, a few at a time. */
  tick(keys: string[]): Promise<void>;
  /** Records this many steps of a run, stops, resumes it, and answers the milliseconds until its next step begins. */
  resume?(key: string, steps: number): Promise<number>;
  close(): Promise<void>;
}

/** What is known of a contestant without loading it. */
export interface Contestant {
  title: string;
  /** Name and version of what is measured, for the table. */
  package: string;
  backend: Backend;
  /** Why a figure can't be measured. */
  missing: Partial<Record<'commands' | 'bytes' | 'growth' | 'resume' | 'cold-start' | 'cost', string>>;
  /** Divides the number of symbols in a tick, so that the bench ends in time; the rate stays comparable. */
  slowness?: number;
  /** The most steps that it allows in a run. */
  maxSteps?: number;
  /** What a run costs in addition to store commands. */
  billing: { invocations: number; durableOperations?: number };
}

export interface ContestantModule {
  start(uri: string): Promise<Engine>;
}

/** Each step calls this as its work begins; a measurement puts its own in. */
export const hook: { step: (index: number, key: string) => void | Promise<void> } = { step: () => undefined };

export const STEPS = 3;
const PARALLEL_RUNS = 10;

/** As many at a time as the product's own tick has. */
export async function inParallel<T>(items: T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  const lane = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL_RUNS }, lane));
}

/** The instant at which a run's step of this index begins, once that has come. */
export function whenStep(index: number, key: string): Promise<number> {
  return new Promise((resolve) => {
    hook.step = (at, of) => {
      if (at !== index || of !== key) return;
      hook.step = () => undefined;
      resolve(performance.now());
    };
  });
}
