import type { TradeDocument } from '../../functions/contracts/ledger.ts';
import type { Reconciliation } from '../../functions/contracts/reconcile-ledger.ts';
import type { Refusal } from '../../functions/contracts/trade.ts';
import type { Scene } from './broker/scene.ts';
import type { TradingDesk } from './trading-desk.ts';

export const said = (answer: TradeDocument | Refusal) =>
  'refused' in answer ? answer.limit : `${answer.type} ${String(answer.qty)} at ${String(answer.price)}`;
/** What differs, such as `AMZN position`. */
export const kinds = ({ differences }: Reconciliation) =>
  differences.map(({ symbol, found }) => `${symbol} ${found.map(({ kind }) => kind).join()}`);
export const texts = ({ differences }: Reconciliation) => differences.flatMap(({ found }) => found);
export const requests = (scene: Scene) => scene.engine.requests.map(({ route }) => route);

/** Shares, average cost and realized profit in a book. */
export async function position(desks: TradingDesk, symbol = 'AMZN'): Promise<string[]> {
  const { qty, averageCost, realized } = (await desks.book(symbol)).position;
  return [qty, averageCost, realized].map(String);
}

export async function buy(desks: TradingDesk, scene: Scene, qty = '10'): Promise<void> {
  expect(said(await desks.at(scene).order({ qty }))).toBe(`buy ${qty} at 100`);
}

/** Every order of a symbol is refused until its difference is accepted, and others are traded. */
export async function expectStopped(desks: TradingDesk, scene: Scene): Promise<void> {
  for (const type of ['buy', 'sell'] as const) {
    const refused = await desks.at(scene).order({ qty: '1', type });
    expect(said(refused)).toBe('reconciliation');
    expect(refused).toMatchObject({ refused: expect.stringContaining('reconcile AMZN --accept') as string });
  }
  expect(said(await desks.at(scene).order({ symbol: 'MSFT', qty: '1' }))).toBe('buy 1 at 100');
}

/** The command, after which nothing differs, the trades on record included. */
export async function accept(desks: TradingDesk, scene: Scene, before: string, after: string): Promise<void> {
  const { accepted, differences, refused } = await desks.at(scene).reconcile({ accept: true, note: 'seen' });
  expect([accepted, differences, refused]).toEqual([[{ symbol: 'AMZN', before, after }], [], []]);
  expect(kinds(await desks.at(scene).reconcile({ full: true }))).toEqual([]);
}
