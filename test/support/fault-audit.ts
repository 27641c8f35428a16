import { ActionState } from '@wbce/orbits-core';
import type { Collection, Db, Decimal128, ObjectId } from 'mongodb';
import { simulatedPrice } from '../../functions/market/simulated-price.ts';
import type { StockTransaction } from '../../functions/contracts/stock.ts';
import type { RecordedError } from '../../orchestrator/durable/errors.ts';

export interface RunDocument {
  _id: ObjectId;
  state: ActionState;
  filter: { tick: string };
  argument: { at: string };
  result: (StockTransaction & RecordedError) | { skipped: string } | { rejected: string } | undefined;
}

interface TradeDocument {
  _id: string;
  symbol: string;
  type: string;
  qty: Decimal128;
  price: Decimal128;
}

/**
 * How a run ends: in one trade, at the price of its tick or of a later moment; without one, because it was skipped,
 * rejected or cancelled; in an error and no trade; or in an error, with its one trade made.
 */
export type Ending =
  'trade' | 'late trade' | 'skip' | 'rejection' | 'cancellation' | 'refusal' | 'trade and error';

/** The endings that look alike in the record of a run. */
export function endingsOf({ state, result, argument, filter }: RunDocument): Ending[] {
  if (result === undefined) return [];
  if (state === ActionState.SUCCESS) {
    if ('skipped' in result) return ['skip'];
    if ('rejected' in result) return ['rejection'];
    return [argument.at === filter.tick ? 'trade' : 'late trade'];
  }
  if (state !== ActionState.ERROR || !('message' in result)) return [];
  return result.name === 'RunCancelledError' ? ['cancellation'] : ['refusal', 'trade and error'];
}

const isTrade = (ending: Ending) => ending.includes('trade');

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
  readonly #expected = new Map<string, Ending[]>();

  constructor(
    readonly database: Db,
    readonly type: 'buy' | 'sell',
  ) {}

  /** @param endings how the tick's run may end */
  expect(tick: string, ...endings: Ending[]): void {
    this.#expected.set(tick, endings);
  }

  /** The runs of a tick: one, if all is well. */
  runsOf(tick: string): Promise<RunDocument[]> {
    return this.#runs.find({ actionRef: 'trading', 'filter.tick': tick }).toArray();
  }

  /** Changes the record of a tick's run, as no orchestrator would. */
  async tamper(tick: string, fields: Record<string, unknown>): Promise<void> {
    const { matchedCount } = await this.#runs.updateOne({ 'filter.tick': tick }, { $set: fields });
    if (matchedCount !== 1) throw new Error(`there is no run of tick ${tick} to change`);
  }

  /** Everything there is, as text: equal where nothing was written in between. */
  async snapshot(): Promise<string> {
    const [actions, trades] = await Promise.all(
      ['actions', 'trades'].map((name) => this.database.collection(name).find().sort({ _id: 1 }).toArray()),
    );
    return JSON.stringify({ actions, trades });
  }

  async findings(): Promise<Findings> {
    const runs = await this.#runs.find({ actionRef: 'trading' }).toArray();
    const made = await this.database.collection<TradeDocument>('trades').find().toArray();
    const unclaimed = new Map(made.map((trade) => [trade._id, trade]));
    const claimWhere = (isIt: (trade: TradeDocument) => boolean) => {
      const found = [...unclaimed.values()].find(isIt);
      return found !== undefined && unclaimed.delete(found._id);
    };
    const problems = [...this.problems];
    let lost = 0;

    // Trades of failed runs are known by their price alone, so they take what the others leave.
    const isLast = ([, endings]: [string, Ending[]]) => (endings.includes('trade and error') ? 1 : 0);
    for (const [tick, endings] of [...this.#expected].sort((a, b) => isLast(a) - isLast(b))) {
      const own = runs.filter(({ filter }) => filter.tick === tick);
      const [run] = own;
      if (own.length > 1) problems.push(`tick ${tick} has ${own.length} runs, expected one`);
      const ending = run && endings.find((each) => endingsOf(run).includes(each));
      if (ending && !isTrade(ending)) continue;
      const id = run?.result && 'id' in run.result ? run.result.id : undefined;
      const isClaimed =
        ending !== undefined &&
        claimWhere(
          (trade) => (ending === 'trade and error' || trade._id === id) && this.#isOf(tick, run, trade),
        );
      if (isClaimed) continue;
      problems.push(`tick ${tick} was to end in a ${endings.join(' or ')}, but ${describeRun(run)}`);
      if (ending ?? endings.every(isTrade)) {
        lost++;
        // A trade that its run does not know of is not a second one.
        claimWhere((trade) => this.#isOf(tick, run, trade));
      }
    }
    for (const { _id, type, price } of unclaimed.values())
      problems.push(`trade ${_id} (${type} at ${price.toString()}) belongs to no tick`);
    const strangers = runs.filter(({ filter }) => !this.#expected.has(filter.tick));
    for (const run of strangers) problems.push(`no delivery asked for the tick of ${describeRun(run)}`);
    return { ticks: this.#expected.size, lost, doubled: unclaimed.size, problems };
  }

  /** Whether a trade is the one that an undisturbed run of the tick makes. */
  #isOf(tick: string, run: RunDocument | undefined, { symbol, type, qty, price }: TradeDocument): boolean {
    return (
      symbol === 'AMZN' &&
      type === this.type &&
      String(qty) === '1' &&
      price.toString() === simulatedPrice('AMZN', Date.parse(run?.argument.at ?? tick))
    );
  }

  get #runs(): Collection<RunDocument> {
    return this.database.collection('actions');
  }
}

export function describeRun(run: RunDocument | undefined): string {
  if (!run) return 'there is no run of it';
  return `run ${run._id.toHexString()} is in the state ${ActionState[run.state]} with ${JSON.stringify(run.result)}`;
}
