import type { TradeDocument } from '../../functions/contracts/ledger.ts';
import type { Refusal } from '../../functions/contracts/trade.ts';
import { HOLD_MS } from '../../functions/ledger/order.ts';
import { lostAfter, lostBefore, script } from '../support/broker/faults.ts';
import { inParts, neverFilled } from '../support/broker/plans.ts';
import { PAPER, Scene } from '../support/broker/scene.ts';
import { TradingDesk } from '../support/trading-desk.ts';

// A position is closed by the functions' own code, on a real store, at the broker as its documentation says.
let desks: TradingDesk;
beforeEach(async () => {
  desks = await TradingDesk.open();
});
afterEach(() => desks.close());

const POST = 'POST /v2/orders';
const pending = { name: 'OrderPendingError' };
const said = (answer: TradeDocument | Refusal) =>
  'refused' in answer ? answer.limit : `${answer.type} ${String(answer.qty)} at ${String(answer.price)}`;
const held = (scene: Scene) => scene.engine.account('PA1').positions.get('AMZN')?.qty.toFixed() ?? '0';
const placed = (scene: Scene) => scene.engine.orders('PA1').length;

test('all that is held is sold, once for its key', async () => {
  const scene = new Scene();
  await desks.at(scene).order({ qty: '2' });
  await desks.at(scene).order({ qty: '0.25' });
  const first = await desks.at(scene).exit({ key: 'out' });
  expect(said(first)).toBe('sell 2.25 at 100');
  await desks.at(scene).order({ qty: '1' });
  expect(await desks.at(scene).exit({ key: 'out' })).toEqual(first);
  expect(held(scene)).toBe('1');
  expect(said(await desks.at(scene).exit({ key: 'next' }))).toBe('sell 1 at 100');
});

test('what is owed is bought back', async () => {
  desks.limits = { allowShortSelling: true };
  const scene = new Scene({ accounts: [{ ...PAPER, shortingEnabled: true, multiplier: '2' }] });
  expect(said(await desks.at(scene).order({ type: 'sell', qty: '2' }))).toBe('sell 2 at 100');
  expect(said(await desks.at(scene).exit({ key: 'k', type: 'sell' }))).toBe('nothing-held');
  expect(said(await desks.at(scene).exit({ key: 'k', type: 'buy' }))).toBe('buy 2 at 100');
  expect(held(scene)).toBe('0');
});

test('neither a halt nor any limit stands in the way; the hours do', async () => {
  const scene = new Scene();
  await desks.at(scene).order({ qty: '3' });
  desks.limits = {
    ...{ maxOrderQuantity: '1', maxOrderValue: '1', maxDailyQuantity: '1', maxDailyValue: '1' },
    ...{ maxPosition: '1', maxPriceAgeMinutes: 1, maxPriceMovePercent: '0.1', allowShortSelling: false },
  };
  const halted = { since: new Date() };
  await desks.ledger().books.updateMany({ _id: 'AMZN' }, { $set: { halted }, $inc: { version: 1 } });
  await desks.ledger().account.updateOne({ _id: 'account' }, { $set: { halted } });
  expect(said(await desks.at(scene).order({ type: 'sell', qty: '1' }))).toBe('halted');
  scene.at('2026-01-05T23:00:00Z');
  expect(said(await desks.at(scene).exit({ key: 'late' }))).toBe('market-closed');
  scene.at('2026-01-06T15:00:00Z');
  expect(said(await desks.at(scene).exit({ key: 'late' }))).toBe('sell 3 at 100');
});

test('nothing is asked of the market data: a feed that is down is not in the way', async () => {
  const scene = new Scene();
  await desks.at(scene).order({ qty: '3' });
  const asked: string[] = [];
  scene.engine.faults = ({ route }) => {
    asked.push(route);
    return undefined;
  };
  await desks.at(scene).exit({});
  expect(asked.filter((route) => route.includes('/stocks/'))).toEqual([]);
});

test('it waits for an order of the symbol that another attempt holds', async () => {
  const scene = new Scene();
  await desks.at(scene).order({ qty: '3' });
  scene.engine.faults = script({ [POST]: [undefined, lostAfter()] });
  await expect(desks.at(scene).order({ key: 'other', type: 'sell', qty: '1' })).rejects.toMatchObject(
    pending,
  );
  const until = new Date(scene.now + HOLD_MS);
  await desks.ledger().books.updateOne(
    { _id: 'AMZN' },
    { $set: { 'orders.$[o].hold': { by: 'other', until } }, $inc: { version: 1 } },
    {
      arrayFilters: [{ 'o.key': 'other' }],
    },
  );
  await expect(desks.at(scene).exit({ key: 'out' })).rejects.toMatchObject(pending);
  expect(placed(scene)).toBe(2);
  scene.pass(HOLD_MS + 1);
  expect(said(await desks.at(scene).exit({ key: 'out' }))).toBe('sell 2 at 100');
  expect(held(scene)).toBe('0');
});

test('what is left of an open purchase is taken back, and what it bought is sold', async () => {
  const scene = new Scene({ courses: inParts([[0, '2', '100']], { cancel: { afterMs: 4_000 } }) });
  await expect(desks.at(scene).order({ key: 'slow', qty: '5' })).rejects.toMatchObject(pending);
  scene.engine.courses = inParts([[0]]);
  scene.pass(HOLD_MS);
  expect(said(await desks.at(scene).exit({}))).toBe('sell 2 at 100');
  expect(held(scene)).toBe('0');
});

test.each([
  ['its answer is lost', lostAfter()],
  ['its request is lost', lostBefore()],
])('it is one sale, also if %s', async (_, fault) => {
  const scene = new Scene();
  await desks.at(scene).order({ qty: '3' });
  scene.engine.faults = script({ [POST]: [undefined, fault] });
  await expect(desks.at(scene).exit({ key: 'out' })).rejects.toMatchObject(pending);
  scene.pass(HOLD_MS + 1);
  expect(said(await desks.at(scene).exit({ key: 'out' }))).toBe('sell 3 at 100');
  expect(held(scene)).toBe('0');
  expect((await desks.book()).position.qty.toString()).toBe('0');
});

test('what the market does not take is refused, and the next key tries it again', async () => {
  const scene = new Scene();
  await desks.at(scene).order({ qty: '3' });
  scene.engine.courses = neverFilled;
  expect(said(await desks.at(scene).exit({ key: 'one' }))).toBe('not-filled');
  scene.engine.courses = inParts([[0]]);
  expect(said(await desks.at(scene).exit({ key: 'one' }))).toBe('not-filled');
  expect(said(await desks.at(scene).exit({ key: 'two' }))).toBe('sell 3 at 100');
});
