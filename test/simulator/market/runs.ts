import type { TradeDocument } from '../../../functions/contracts/ledger.ts';
import type { TradeType } from '../../../functions/contracts/stock.ts';
import type { Refusal } from '../../../functions/contracts/trade.ts';
import type { Asked } from '../../../functions/ledger/limits.ts';
import type { Reconciliation } from '../../../functions/contracts/reconcile-ledger.ts';
import { reconcile } from '../../../functions/ledger/reconcile/reconcile.ts';
import { trade, wouldRefuse } from '../../../functions/ledger/trade.ts';
import { simulatedPrice } from '../../../functions/market/simulated-price.ts';
import type { Faults } from '../faults.ts';
import { Orchestrator } from '../orchestrator.ts';
import { Random } from '../random.ts';
import type { World } from '../world.ts';
import { deskOf, reconcileDeskOf } from './desks.ts';
import { type OrderKit } from './kit.ts';

/** What a function has, and how much later an order is tried again, as the workflow does it. */
const FUNCTION_MS = 10_000;
const ATTEMPTS = 12;
const LONGEST_BACKOFF_MS = 900_000;
/** The errors that the workflow tries again; orchestrator/actions/invoke-errors.ts has them. */
const PASSING = /^(Mongo|(BrokerUnavailable|OrderPending)Error$)/;

/** An order, and how far its run is. */
export interface Wanted extends Asked {
  state: 'open' | 'answered' | 'given up';
  /** When its refusal was answered: the ledger knows a refusal for a minute. */
  refusedAt?: number;
  /** Which limit refused it. */
  refusedFor?: string;
  attempts: number;
}

export function wanted(key: string, type: TradeType, symbol: string, qty: string, now: number): Wanted {
  const price = simulatedPrice(symbol, now);
  return { key, type, symbol, qty, price, pricedAt: undefined, state: 'open', attempts: 0 };
}

/** Runs as far as an order sees them: attempts, each in a process of its own, and again where an error may pass. */
export class Runs {
  /** Processes that are under way. */
  running = 0;
  readonly #world: World;
  readonly #kit: OrderKit;
  readonly #faults: Faults;
  readonly #seed: string;
  readonly #random: Random;
  readonly #onAnswer: (wanted: Wanted, answer: TradeDocument | Refusal) => void;
  #processes = 0;

  constructor(
    world: World,
    kit: OrderKit,
    faults: Faults,
    seed: string,
    onAnswer: (wanted: Wanted, answer: TradeDocument | Refusal) => void,
  ) {
    this.#world = world;
    this.#kit = kit;
    this.#faults = faults;
    this.#seed = seed;
    this.#random = new Random(`${seed} runs`);
    this.#onAnswer = onAnswer;
  }

  /** @param isRetried whether the workflow tries again what may pass */
  attempt(wanted: Wanted, isRetried = true): void {
    if (isRetried) wanted.attempts++;
    const retry = () => {
      if (!isRetried || wanted.state !== 'open') return;
      if (wanted.attempts >= ATTEMPTS) return this.#giveUp(wanted);
      const backoff = this.#random.whole(100, Math.min(LONGEST_BACKOFF_MS, 200 * 2 ** wanted.attempts));
      this.#world.after(backoff, () => this.attempt(wanted));
    };
    this.work(
      async (process) => this.#answered(wanted, await trade(deskOf(process, this.#kit), wanted)),
      (error) => {
        if (error?.name === 'OrderPendingError') this.#world.count('pending');
        if (!error || PASSING.test(error.name)) return retry();
        if (isRetried && wanted.state === 'open') this.#giveUp(wanted);
      },
    );
  }

  /** Asks whether a share can be sold; that finds out about orders that were left over. */
  check(symbol: string): void {
    this.#world.count('check');
    this.work(async (process) => {
      const asked = wanted('check', 'sell', symbol, '1', this.#world.now);
      const refusal = await wouldRefuse(deskOf(process, this.#kit), asked);
      this.#world.log(process.name, 'would refuse:', refusal?.limit ?? '-');
    });
  }

  /** Compares the ledger with the broker. @param accept whether what differs is accepted */
  reconcile(accept?: true, onAnswer: (answer: Reconciliation) => void = () => undefined): void {
    this.#world.count(accept ? 'accept' : 'reconcile');
    this.work(async (process) => {
      const answer = await reconcile(reconcileDeskOf(process, this.#kit), {
        accept,
      });
      const { busy, differences, accepted } = answer;
      onAnswer(answer);
      this.#world.log(process.name, 'differ:', differences.length, 'busy:', busy.length);
      if (accepted.length > 0) this.#world.count('accepted');
    });
  }

  /**
   * Lets a process work until it ends, crashes, or its time is up.
   *
   * @param onFailure called without an error where the process gave no answer
   */
  work(
    work: (process: Orchestrator) => Promise<void>,
    onFailure: (error?: Error) => void = () => undefined,
  ): void {
    const process = this.#process();
    this.running++;
    let isOver = false;
    const end = () => {
      if (isOver) return false;
      isOver = true;
      this.running--;
      return true;
    };
    work(process)
      .finally(() => (process.isAlive = false))
      .then(end, (error: Error) => {
        this.#world.log(process.name, 'fails:', error.name);
        if (end()) onFailure(error);
      });
    this.#world.after(FUNCTION_MS + 100_000, () => process.crash('long over'));
    // The workflow gives up on it, and it may go on all the same.
    this.#world.after(FUNCTION_MS, () => void (end() && onFailure()));
  }

  #answered(wanted: Wanted, answer: TradeDocument | Refusal): void {
    const isTrade = '_id' in answer;
    this.#world.count(isTrade ? 'traded' : 'refused');
    this.#world.log('answered', wanted.key, isTrade ? `traded ${String(answer.qty)}` : answer.limit);
    wanted.state = 'answered';
    if (!isTrade) Object.assign(wanted, { refusedAt: this.#world.now, refusedFor: answer.limit });
    this.#onAnswer(wanted, answer);
  }

  #giveUp(wanted: Wanted): void {
    wanted.state = 'given up';
    this.#world.count('gave up');
  }

  #process(): Orchestrator {
    const name = `p${this.#processes++}`;
    const random = new Random(`${this.#seed} ${name}`);
    const limits = { limitMs: FUNCTION_MS, stepMs: FUNCTION_MS, skewMs: 0 };
    return new Orchestrator(name, this.#world, random, this.#faults, undefined, limits);
  }
}
