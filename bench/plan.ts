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
  recorded: number[];
  coldStarts: number;
  storeRounds: number;
  limitMs: number;
}

export const full: Plan = {
  rounds: 5,
  runs: 100,
  symbols: 1000,
  finished: [10_000, 100_000],
  growth: { symbols: 10, ticks: 9 },
  recorded: [3, 100, 1000],
  coldStarts: 7,
  storeRounds: 20,
  limitMs: Infinity,
};

/** Ends within three minutes: what is not reached by then is told as not measured. */
export const quick: Plan = {
  rounds: 2,
  runs: 15,
  symbols: 60,
  finished: [10_000],
  growth: { symbols: 5, ticks: 3 },
  recorded: [3, 100, 1000],
  coldStarts: 3,
  storeRounds: 3,
  limitMs: 160_000,
};
