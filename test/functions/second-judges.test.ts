import type { TradeDocument } from '../../functions/contracts/ledger.ts';
import type { Refusal } from '../../functions/contracts/trade.ts';
import { wouldRefuse } from '../../functions/ledger/trade.ts';
import { lostAfter, notSeen, unavailable } from '../support/broker/faults.ts';
import { PAPER, Scene } from '../support/broker/scene.ts';
import { TradingDesk } from '../support/trading-desk.ts';

// Who checks, compares or closes judges as an order does, and cleans up as an order does.
let desks: TradingDesk;
beforeEach(async () => {
  desks = await TradingDesk.open();
});
afterEach(() => desks.close());

const POST = 'POST /v2/orders';
const GET = 'GET /v2/orders:by';
const said = (answer: TradeDocument | Refusal | undefined) => {
  if (!answer) return 'allowed';
  return 'refused' in answer ? answer.limit : `${answer.type} ${String(answer.qty)}`;
};
const heldAt = (scene: Scene, symbol = 'AMZN') =>
  scene.engine.account('PA1').positions.get(symbol)?.qty.toFixed() ?? '0';
const check = (scene: Scene, change: object) =>
  wouldRefuse(desks.at(scene).desk, desks.asked(change)).then(said);
const isHalted = async () => (await desks.ledger().account.findOne({ _id: 'account' }))?.halted !== undefined;

/** An attempt that dies once its order is decided. */
async function dies(scene: Scene, change: { key: string; symbol?: string; qty: string }): Promise<void> {
  const { desk, order } = desks.at(scene);
  Object.assign(desk.books, { others: () => new Promise<never>(() => undefined) });
  void order(change);
  const isDecided = async () =>
    (await desks.book(change.symbol))?.orders.some(({ state }) => state === 'decided');
  while (!(await isDecided())) await new Promise(setImmediate);
}

describe('an order that was decided, and whose attempt died', () => {
  test('takes no room in a check of another symbol', async () => {
    desks.limits = { maxGrossExposure: '1000' };
    const scene = new Scene();
    await dies(scene, { key: 'dies', qty: '6' });
    scene.pass(6_000);
    expect(await check(scene, { symbol: 'MSFT', qty: '8' })).toBe('allowed');
    expect(await check(scene, { symbol: 'MSFT', qty: '11' })).toBe('gross-exposure');
    expect((await desks.book()).orders).toEqual([]);
  });

  test('is taken out by a comparison, which sees its symbol', async () => {
    desks.limits = { maxGrossExposure: '10000' };
    const scene = new Scene();
    await desks.at(scene).order({ qty: '3' });
    await dies(scene, { key: 'dies', qty: '6' });
    scene.pass(60_000);
    scene.order({ qty: '7' });
    const { busy, differences } = await desks.at(scene).reconcile();
    expect({ busy, differs: differences.map(({ symbol }) => symbol) }).toEqual({
      busy: [],
      differs: ['AMZN'],
    });
  });
});

test('orders that the broker does not end keep no others from being found out about', async () => {
  const symbols = Array.from({ length: 11 }, (_, number) => `S${String.fromCharCode(65 + number)}`);
  const scene = new Scene({
    assets: symbols.map((symbol) => ({ symbol })),
    courses: ({ symbol }) =>
      symbol === 'SK'
        ? { steps: [{ afterMs: 0, fill: {} }] }
        : { steps: [], cancel: { afterMs: 0, refused: true } },
    faults: ({ route }) => (route === POST ? lostAfter() : undefined),
  });
  for (const symbol of symbols)
    await desks
      .at(scene)
      .order({ symbol, qty: '1' })
      .catch(() => undefined);
  scene.engine.faults = () => undefined;
  for (let tick = 0; tick < 11; tick++) {
    scene.pass(301_000);
    await desks.at(scene).reconcile();
  }
  expect((await desks.book('SK')).orders).toMatchObject([{ state: 'settled' }]);
});

describe('the loss of a day', () => {
  const lossy = async () => {
    desks.limits = { allowShortSelling: false, maxDailyLoss: '30' };
    let price = '100';
    const scene = new Scene({ price: () => price });
    await desks.at(scene).order({ qty: '10' });
    price = '90';
    scene.engine.faults = ({ route, nth }) => {
      if (route === POST && nth === 2) return lostAfter();
      return route.startsWith(GET) && scene.now < Date.parse('2026-01-05T15:00:30Z')
        ? unavailable()
        : undefined;
    };
    await desks
      .at(scene)
      .order({ type: 'sell', qty: '10', price: '90' })
      .catch(() => undefined);
    scene.pass(60_000);
    return scene;
  };

  test('halts trading where a comparison settles it', async () => {
    const scene = await lossy();
    expect(await isHalted()).toBe(false);
    await desks.at(scene).reconcile();
    expect(await isHalted()).toBe(true);
  });

  test('halts trading where a check meets it', async () => {
    const scene = await lossy();
    // The check of the same symbol settles it, the check of another one meets it.
    await check(scene, { qty: '1', type: 'sell' });
    expect(await check(scene, { symbol: 'MSFT', qty: '1' })).toBe('daily-loss');
    expect(await isHalted()).toBe(true);
  });
});

test('shares that a person bought are no split, though an old one has their ratio', async () => {
  const splits = [{ symbol: 'AMZN', exDate: '2026-01-06', oldRate: '1', newRate: '2' }];
  const scene = new Scene({ splits }, '2026-01-20T15:00:00Z');
  await desks.at(scene).order({ qty: '10' });
  scene.order({ qty: '10' });
  const { differences } = await desks.at(scene).reconcile();
  expect(differences.flatMap(({ found }) => found.map(({ kind }) => kind))).not.toContain('split');
  await desks.at(scene).reconcile({ accept: true });
  expect(String((await desks.book()).position.averageCost)).toBe('50');
});

test('an order that was accepted as part of a position is not booked when its key comes again', async () => {
  const scene = new Scene();
  const begun = scene.now;
  scene.engine.faults = ({ route, nth }) => {
    if (route === POST && nth === 1) return lostAfter();
    return route.startsWith(GET) && scene.now - begun < 90_000 ? notSeen() : undefined;
  };
  await desks
    .at(scene)
    .order({ key: 'late', qty: '3' })
    .catch(() => undefined);
  for (const accept of [undefined, true] as const) {
    scene.pass(61_000);
    await desks.at(scene).reconcile({ accept });
  }
  expect(said(await desks.at(scene).order({ key: 'late', qty: '3' }))).toBe('reconciliation');
  expect([String((await desks.book()).position.qty), heldAt(scene)]).toEqual(['3', '3']);
});

describe('a way out', () => {
  test('sells nothing that a person has sold at the broker', async () => {
    desks.limits = { allowShortSelling: false };
    const scene = new Scene({ accounts: [{ ...PAPER, shortingEnabled: true, multiplier: '2' }] });
    await desks.at(scene).order({ qty: '5' });
    scene.order({ side: 'sell', qty: '5' });
    expect(said(await desks.at(scene).exit({}))).toBe('nothing-held');
    expect(heldAt(scene)).toBe('0');
  });

  test('sells what the broker has where the ledger is known to differ', async () => {
    desks.limits = { allowShortSelling: false };
    const scene = new Scene();
    await desks.at(scene).order({ qty: '10' });
    scene.order({ qty: '1' });
    await desks.at(scene).reconcile();
    expect(said(await desks.at(scene).order({ type: 'sell', qty: '10' }))).toBe('reconciliation');
    expect(said(await desks.at(scene).exit({}))).toBe('sell 11');
    expect(heldAt(scene)).toBe('0');
  });
});

test('the day of a clock that is ahead counts, and so does that of another time zone', async () => {
  desks.limits = { maxDailyOrders: 2, maxDailyQuantity: '5', timeZone: 'Asia/Tokyo' };
  const scene = new Scene();
  expect(said(await desks.at(scene).order({ qty: '3' }))).toBe('buy 3');
  desks.limits = { maxDailyOrders: 2, maxDailyQuantity: '5', timeZone: 'America/New_York' };
  expect(said(await desks.at(scene).order({ qty: '3' }))).toBe('daily-quantity');
  expect(said(await desks.at(scene).order({ symbol: 'MSFT', qty: '3' }))).toBe('buy 3');
  expect(said(await desks.at(scene).order({ symbol: 'WHOL', qty: '3' }))).toBe('daily-orders');
});
