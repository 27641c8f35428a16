import { Decimal128 } from 'mongodb';
import type { TradeDocument } from '../../functions/contracts/ledger.ts';
import type { Refusal } from '../../functions/contracts/trade.ts';
import { script, throttled, nonsense, notSeen, lostAfter, lostBefore } from '../support/broker/faults.ts';
import { inParts, neverFilled } from '../support/broker/plans.ts';
import { PAPER, Scene } from '../support/broker/scene.ts';
import { TradingDesk } from '../support/trading-desk.ts';

// The ledger on a real store, compared with the broker as its documentation says; docs/reconciliation.md has the kinds.
let desks: TradingDesk;
beforeEach(async () => {
  desks = await TradingDesk.open();
});
afterEach(() => desks.close());

const said = (answer: TradeDocument | Refusal) =>
  'refused' in answer ? answer.limit : `${answer.type} ${String(answer.qty)} at ${String(answer.price)}`;
const kinds = ({ differences }: Awaited<ReturnType<ReturnType<TradingDesk['at']>['reconcile']>>) =>
  differences.map(({ symbol, found }) => `${symbol} ${found.map(({ kind }) => kind).join()}`);
const position = async (symbol = 'AMZN') => {
  const { qty, averageCost, realized } = (await desks.book(symbol)).position;
  return [qty, averageCost, realized].map(String);
};
const requests = (scene: Scene) => scene.engine.requests.map(({ route }) => route);
/** Every order of a symbol is refused until its difference is accepted, and others are traded. */
async function expectStopped(scene: Scene, symbol = 'AMZN'): Promise<void> {
  expect(said(await desks.at(scene).order({ symbol, qty: '1' }))).toBe('reconciliation');
  expect(said(await desks.at(scene).order({ symbol, qty: '1', type: 'sell' }))).toBe('reconciliation');
  expect(said(await desks.at(scene).order({ symbol: 'MSFT', qty: '1' }))).toBe('buy 1 at 100');
}

test('a ledger and a broker that agree: nothing is written, and three requests are enough', async () => {
  const scene = new Scene();
  await desks.at(scene).order({ qty: '3' });
  const before = await desks.book();
  const asked = requests(scene).length;
  expect(await desks.at(scene).reconcile()).toEqual({
    ...{ compared: 1, busy: [], overdue: [], differences: [] },
    ...{ accepted: [], refused: [], canceled: [], left: 0 },
  });
  expect(requests(scene).slice(asked)).toEqual(['GET /v2/account', 'GET /v2/positions', 'GET /v2/orders']);
  expect(await desks.book()).toEqual(before);
});

test('a manual order on our symbol is a difference, which stops the symbol until it is accepted', async () => {
  const scene = new Scene();
  await desks.at(scene).order({ qty: '3' });
  scene.pass(60_000);
  scene.order({ qty: '2' });
  scene.pass(1_000);
  const { differences } = await desks.at(scene).reconcile();
  expect(differences).toEqual([
    {
      ...{ symbol: 'AMZN', since: expect.any(String) as string, new: true, agrees: false },
      found: [{ kind: 'position', ledger: '3 shares', broker: '5 shares' }],
    },
  ]);
  await expectStopped(scene);
  expect((await desks.at(scene).reconcile()).differences[0]).toMatchObject({ new: false, agrees: false });
  const { accepted, differences: rest } = await desks.at(scene).reconcile({ accept: true, note: 'mine' });
  expect([accepted, rest]).toEqual([[{ symbol: 'AMZN', before: '3', after: '5' }], []]);
  expect(await position()).toEqual(['5', '100', '0']);
  expect(await desks.ledger().adjustments.find().toArray()).toMatchObject([
    { symbol: 'AMZN', note: 'mine', found: [{ kind: 'position' }] },
  ]);
  expect(said(await desks.at(scene).order({ qty: '5', type: 'sell' }))).toBe('sell 5 at 100');
  expect(kinds(await desks.at(scene).reconcile({ full: true }))).toEqual([]);
});
