import { ActionState } from '@wbce/orbits-core';
import type { Db, Decimal128, ObjectId } from 'mongodb';
import { simulatedPrice } from '../../functions/market/simulated-price.ts';
import type { StockTransaction } from '../../functions/contracts/stock.ts';
import type { RecordedError } from '../../orchestrator/durable/errors.ts';

interface RunDocument {
  _id: ObjectId;
  state: ActionState;
  filter: { tick: string };
  result: (StockTransaction & RecordedError) | undefined;
}

interface TradeDocument {
  _id: string;
  symbol: string;
  type: string;
  qty: number;
  price: Decimal128;
}

/** How a tick's run has to end: in one trade; in an error and no trade; or in an error, with its one trade made. */
export type Expectation = 'trade' | 'refusal' | 'trade and error';

/** What the ledger holds in excess of, and short of, what was asked for. */
export interface Findings {
  ticks: number;
  lost: number;
  doubled: number;
  problems: string[];
}

/** Compares what stands in the store with the ticks that were delivered. */
export class Audit {
  /** What was wrong, other than in the ledger. */
  readonly problems: string[] = [];
  readonly #expected = new Map<string, Expectation>();

  constructor(
    readonly database: Db,
    readonly type: 'buy' | 'sell',
  ) {}

  expect(tick: string, expectation: Expectation = 'trade'): void {
    this.#expected.set(tick, expectation);
  }

  /** Everything there is, as text: equal where nothing was written in between. */
  async snapshot(): Promise<string> {
    const [actions, trades] = await Promise.all(
      ['actions', 'trades'].map((name) => this.database.collection(name).find().sort({ _id: 1 }).toArray()),
    );
    return JSON.stringify({ actions, trades });
  }

  async findings(): Promise<Findings> {
    const runs = await this.database
      .collection<RunDocument>('actions')
      .find({ actionRef: 'trading' })
      .toArray();
    const trades = await this.database.collection<TradeDocument>('trades').find().toArray();
    const unclaimed = new Map(trades.map((trade) => [trade._id, trade]));
    const problems = [...this.problems];
    let lost = 0;

    // Trades of failed runs are known by their price alone, so they take what the others leave.
    const isLast = ([, expectation]: [string, Expectation]) => (expectation === 'trade and error' ? 1 : 0);
    for (const [tick, expectation] of [...this.#expected].sort((a, b) => isLast(a) - isLast(b))) {
      const own = runs.filter(({ filter }) => filter.tick === tick);
      const [run] = own;
      if (own.length > 1) problems.push(`tick ${tick} has ${own.length} runs, expected one`);
      const isRefused = run?.state === ActionState.ERROR && run.result?.message;
      if (expectation === 'refusal') {
        if (!isRefused) problems.push(`tick ${tick} was to be refused, but ${describeRun(run)}`);
        continue;
      }
      const trade =
        expectation === 'trade'
          ? run?.state === ActionState.SUCCESS && unclaimed.get(run.result?.id ?? '')
          : isRefused && [...unclaimed.values()].find((candidate) => this.#isOf(tick, candidate));
      if (trade && this.#isOf(tick, trade)) {
        unclaimed.delete(trade._id);
      } else {
        lost++;
        problems.push(`tick ${tick} was to end in a ${expectation}, but ${describeRun(run)}`);
        // A trade that its run does not know of is not a second one.
        const unknown = [...unclaimed.values()].find((candidate) => this.#isOf(tick, candidate));
        if (unknown) unclaimed.delete(unknown._id);
      }
    }
    for (const { _id, type, price } of unclaimed.values())
      problems.push(`trade ${_id} (${type} at ${price.toString()}) belongs to no tick`);
    const strangers = runs.filter(({ filter }) => !this.#expected.has(filter.tick));
    for (const run of strangers) problems.push(`no delivery asked for the tick of ${describeRun(run)}`);
    return { ticks: this.#expected.size, lost, doubled: unclaimed.size, problems };
  }

  /** Whether a trade is the one that an undisturbed run of the tick makes. */
  #isOf(tick: string, { symbol, type, qty, price }: TradeDocument): boolean {
    return (
      symbol === 'AMZN' &&
      type === this.type &&
      qty === 1 &&
      price.toString() === simulatedPrice('AMZN', Date.parse(tick))
    );
  }
}

function describeRun(run: RunDocument | undefined): string {
  if (!run) return 'there is no run of it';
  return `run ${run._id.toHexString()} is in the state ${ActionState[run.state]} with ${JSON.stringify(run.result)}`;
}
