import type { Random } from './random.ts';

/** What can go wrong, and what is done from outside. A schedule draws which of them it has, and how often each. */
export const FAULTS = {
  // Of an orchestrator.
  'crash at a store command': 0.02,
  'crash at a callee': 0.03,
  'killed at its time limit': 0,
  'skewed clock': 0,
  // Of the way to the store, and of the store.
  'command lost': 0.03,
  'answer lost': 0.03,
  'command late': 0.02,
  'answer late': 0.05,
  'store fails over': 0,
  // Of a callee.
  'invocation lost': 0.04,
  'invocation answer lost': 0.05,
  'invocation late': 0.03,
  'invocation hangs': 0.02,
  'invocation refused': 0.05,
  'invocation throttled': 0.05,
  // Of the deployment.
  'version unknown': 0,
  'workflow unregistered': 0,
  // Of the ticks.
  'tick doubled': 0,
  'tick late': 0,
  'tick out of order': 0,
} as const;

/** What can go wrong with orders: their function, its way to the store as above, and the broker. */
export const ORDER_FAULTS = {
  'crash at a store command': 0.02,
  'command lost': 0.02,
  'answer lost': 0.03,
  'command late': 0.01,
  'answer late': 0.03,
  'store fails over': 0,
  'crash at the broker': 0.03,
  'process stopped': 0.02,
  'order delivered twice': 0,
  'request lost': 0.03,
  'request late': 0.03,
  'request answer lost': 0.04,
  'request answer late': 0.02,
  'request throttled': 0.05,
  'request done, and answered as failed': 0.02,
  'broker unavailable': 0.03,
  'broker answers nonsense': 0.01,
  'broker refuses the keys': 0.01,
  'order not shown yet': 0.04,
  // Of others at the same account, of those who deploy, and of runs that end before their orders do.
  'account bound': 0,
  'limits tightened': 0,
  'run cancelled': 0,
} as const;

export type Fault = keyof typeof FAULTS | keyof typeof ORDER_FAULTS;
const CHANCES: Record<Fault, number> = { ...FAULTS, ...ORDER_FAULTS };
export const FAULT_NAMES = Object.keys(FAULTS) as Fault[];
export const ORDER_FAULT_NAMES = Object.keys(ORDER_FAULTS) as Fault[];

/** Which share of the kinds of fault a schedule has, and how often each occurs compared with its usual chance. */
export interface Odds {
  shares: readonly number[];
  intensities: readonly number[];
}
const ODDS: Odds = { shares: [0, 0.2, 0.5, 1], intensities: [0.5, 1, 4] };

/** The faults of one schedule. */
export class Faults {
  /** Once the time for faults is over, none occurs. */
  isOver = false;
  readonly #drawn: ReadonlySet<Fault>;
  readonly #intensity: number;
  readonly #onFault: (fault: Fault) => void;

  /** @param omitted faults that this schedule does without, to find a shorter course */
  constructor(
    random: Random,
    omitted: ReadonlySet<Fault>,
    onFault: (fault: Fault) => void,
    names: readonly Fault[] = FAULT_NAMES,
    { shares, intensities }: Odds = ODDS,
  ) {
    const share = random.pick(shares);
    const drawn = names.filter(() => random.chance(share));
    this.#drawn = new Set(drawn.filter((fault) => !omitted.has(fault)));
    this.#intensity = random.pick(intensities);
    this.#onFault = onFault;
  }

  has(fault: Fault): boolean {
    return !this.isOver && this.#drawn.has(fault);
  }

  /** Whether a fault of this kind occurs now. */
  strikes(fault: Fault, random: Random, chance: number = CHANCES[fault]): boolean {
    if (!this.has(fault) || !random.chance(chance * this.#intensity)) return false;
    this.#onFault(fault);
    return true;
  }
}
