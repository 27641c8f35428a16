/** How much is measured. Whatever the mode, the contestants take turns within each round. */
export interface Plan {
  rounds: number;
  /** Runs, one after the other, whose steps are timed in a round. */
  runs: number;
  /** Symbols of the tick whose throughput is taken. */
  symbols: number;
  /** Finished runs in the store, for growth. */
  finished: number[];
  growth: { symbols: number; ticks: number };
  /** Steps that are recorded of a run that is resumed. */
  recorded: number[];
  /** Steps of the runs whose bytes are counted. */
  lengths: number[];
  coldStarts: number;
  storeRounds: number;
  /** Documents in the folder whose opening is timed. */
  openDocuments: number;
  limitMs: number;
}

export const full: Plan = {
  rounds: 3,
  runs: 50,
  symbols: 1000,
  finished: [10_000, 100_000],
  growth: { symbols: 10, ticks: 7 },
  recorded: [3, 100, 1000, 10_000],
  lengths: [1000, 10_000],
  coldStarts: 5,
  storeRounds: 12,
  openDocuments: 100_000,
  limitMs: Infinity,
};

/** Ends within three minutes: what is not reached by then is reported as not measured. */
export const quick: Plan = {
  rounds: 2,
  runs: 10,
  symbols: 50,
  finished: [2000],
  growth: { symbols: 3, ticks: 3 },
  recorded: [3, 100, 1000],
  lengths: [1000],
  coldStarts: 2,
  storeRounds: 3,
  openDocuments: 20_000,
  limitMs: 150_000,
};
