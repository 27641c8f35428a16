import { accept, buy, expectStopped, kinds, position, requests, texts } from '../support/reconciling.ts';
import { TradingDesk } from '../support/trading-desk.ts';
import { PAPER, Scene } from '../support/broker/scene.ts';
import { inParts, neverFilled } from '../support/broker/plans.ts';
import type { BookOrder } from '../../functions/ledger/order.ts';
import { answered, lateEffect, lostAfter, script, throttled, unavailable } from '../support/broker/faults.ts';

// The ledger on a real store, compared with the broker as its documentation says; docs/reconciliation.md has the kinds.
let desks: TradingDesk;
beforeEach(async () => {
  desks = await TradingDesk.open();
});
afterEach(() => desks.close());

const POST = 'POST /v2/orders';
const failure = { name: 'OrderPendingError' };

describe('a comparison', () => {
  test('of what agrees writes nothing, and asks the broker for positions and orders', async () => {
    const scene = new Scene();
    await buy(desks, scene);
    const before = await desks.book();
    const asked = requests(scene).length;
    expect(await desks.at(scene).reconcile()).toEqual({
      ...{ compared: 1, busy: [], overdue: [], differences: [] },
      ...{ accepted: [], refused: [], canceled: [], left: 0 },
    });
    expect(requests(scene).slice(asked)).toEqual(['GET /v2/account', 'GET /v2/positions', 'GET /v2/orders']);
    expect(await desks.book()).toEqual(before);
  });

  test('finds a difference that is there twice, and not one that is there once', async () => {
    const scene = new Scene();
    await buy(desks, scene);
    scene.engine.faults = script({ 'GET /v2/positions': [answered({ status: 200, body: [] })] });
    expect(kinds(await desks.at(scene).reconcile())).toEqual([]);
    expect((await desks.book()).difference).toBeUndefined();
    expect(requests(scene).filter((route) => route === 'GET /v2/positions')).toHaveLength(2);
    const none = answered({ status: 200, body: [] });
    scene.engine.faults = ({ route }) => (route === 'GET /v2/positions' ? none : undefined);
    expect(kinds(await desks.at(scene).reconcile())).toEqual(['AMZN position']);
  });

  test('omits a symbol whose order is under way, or whose book is changed meanwhile', async () => {
    const scene = new Scene({ faults: script({ [POST]: [lostAfter()] }) });
    await expect(desks.at(scene).order({ qty: '3' })).rejects.toMatchObject(failure);
    expect(await desks.at(scene).reconcile()).toMatchObject({ compared: 0, busy: ['AMZN'], differences: [] });
    scene.pass(10_000);
    await desks.at(scene).reconcile();
    const { desk, reconcile } = desks.at(scene);
    if (desk.market.orders.kind !== 'at a broker') throw new Error('no broker');
    const { orders } = desk.market;
    const positions = orders.positions.bind(orders);
    orders.positions = async () => {
      await desks.at(scene).order({ qty: '1' });
      return positions();
    };
    expect(await reconcile()).toMatchObject({ compared: 0, busy: ['AMZN'], differences: [] });
  });

  test('of a ledger without an order asks the broker for nothing', async () => {
    const scene = new Scene();
    expect(await desks.at(scene).reconcile()).toMatchObject({ compared: 0, differences: [] });
    expect(requests(scene)).toEqual([]);
  });

  test('leaves alone what the account has of symbols without a book', async () => {
    const scene = new Scene({
      accounts: [{ ...PAPER, positions: [{ symbol: 'HARD', qty: '7', price: '9' }] }],
      courses: neverFilled,
    });
    scene.order({ symbol: 'WHOL', qty: '2' });
    scene.engine.courses = inParts([[0]]);
    await buy(desks, scene);
    expect(await desks.at(scene).reconcile()).toMatchObject({ compared: 1, differences: [] });
  });

  test('of another account is refused', async () => {
    const other = { ...PAPER, keyId: 'PKFAKE2', accountNumber: 'PA2' };
    const scene = new Scene({ accounts: [PAPER, other] });
    await buy(desks, scene);
    const failed = desks.at(scene, { account: other }).reconcile();
    await expect(failed).rejects.toMatchObject({ name: 'LedgerVenueError' });
  });

  test('is of the symbols that are named', async () => {
    const scene = new Scene();
    await buy(desks, scene);
    await desks.at(scene).order({ symbol: 'MSFT', qty: '1' });
    for (const symbol of ['AMZN', 'MSFT']) scene.order({ symbol, qty: '1' });
    expect(kinds(await desks.at(scene).reconcile({ symbols: ['MSFT'] }))).toEqual(['MSFT position']);
    expect((await desks.book()).difference).toBeUndefined();
  });
});

describe('an order whose run has ended', () => {
  test('is found and settled, although its symbol is never traded again', async () => {
    const scene = new Scene({ faults: script({ [POST]: [lostAfter()] }) });
    await expect(desks.at(scene).order({ key: 'ended', qty: '3' })).rejects.toMatchObject(failure);
    scene.pass(3_600_000);
    expect(await desks.at(scene).reconcile()).toMatchObject({ compared: 1, busy: [], differences: [] });
    expect(await position(desks)).toEqual(['3', '100', '0']);
    await desks.at(scene).reconcile();
    expect(await desks.ledger().trades.findOne({ _id: 'ended' })).toMatchObject({ type: 'buy' });
  });

  test('is canceled if it is still open, oldest first, a bounded number at a time', async () => {
    const symbols = Array.from({ length: 15 }, (_, index) => `S${String(index).padStart(2, '0')}`);
    const scene = new Scene({
      assets: symbols.map((symbol) => ({ symbol })),
      courses: neverFilled,
      faults: ({ route }) => (route === POST ? lostAfter() : undefined),
    });
    for (const symbol of symbols) {
      await expect(desks.at(scene).order({ symbol, qty: '1' })).rejects.toMatchObject(failure);
    }
    scene.pass(60_000);
    expect((await desks.at(scene).reconcile()).busy).toEqual(symbols.slice(10));
    expect((await desks.at(scene).reconcile()).busy).toEqual([]);
    expect(scene.engine.orders('PA1').map(({ status }) => status)).toEqual(symbols.map(() => 'canceled'));
  });

  test('that can not be found out about for long is overdue', async () => {
    const scene = new Scene({ faults: script({ [POST]: [lostAfter()] }) });
    await expect(desks.at(scene).order({ qty: '3' })).rejects.toMatchObject(failure);
    const faults = ({ route }: { route: string }) =>
      route === 'GET /v2/orders:by_client_order_id' ? unavailable() : undefined;
    scene.engine.faults = faults;
    scene.pass(60_000);
    expect(await desks.at(scene).reconcile()).toMatchObject({ busy: ['AMZN'], overdue: [] });
    scene.pass(15 * 60_000);
    expect(await desks.at(scene).reconcile()).toMatchObject({ busy: ['AMZN'], overdue: ['AMZN'] });
  });

  test('and that reached the broker after it was taken back is a difference, until it is canceled', async () => {
    const scene = new Scene({ courses: neverFilled, faults: script({ [POST]: [lateEffect(70_000)] }) });
    await expect(desks.at(scene).order({ qty: '3' })).rejects.toMatchObject(failure);
    scene.pass(65_000);
    expect(await desks.at(scene).reconcile()).toMatchObject({ compared: 1, differences: [] });
    scene.pass(10_000);
    const found = await desks.at(scene).reconcile();
    expect(kinds(found)).toEqual(['AMZN order']);
    expect(texts(found)[0]!.broker).toMatch(/^buy 3, /);
    scene.engine.courses = inParts([[0]]);
    await expectStopped(desks, scene);
    const { refused } = await desks.at(scene).reconcile({ accept: true });
    expect(refused).toEqual([{ symbol: 'AMZN', reason: expect.stringContaining('cancel it') as string }]);
    expect(await desks.at(scene).reconcile({ cancel_open: true })).toMatchObject({
      canceled: [{ symbol: 'AMZN' }],
      left: 0,
    });
    await accept(desks, scene, '0', '0');
  });
});

describe('open orders of this ledger', () => {
  test('are canceled by command, and no others; what was filled counts', async () => {
    const scene = new Scene({ courses: inParts([[0, '2', '100']]) });
    scene.order({ symbol: 'MSFT', qty: '9', client_order_id: 'by-hand' });
    scene.engine.faults = script({ [POST]: [undefined, lostAfter()] });
    await expect(desks.at(scene).order({ key: 'mine', qty: '5' })).rejects.toMatchObject(failure);
    scene.pass(10_000);
    const { canceled, left } = await desks.at(scene).reconcile({ cancel_open: true });
    expect(canceled).toEqual([{ symbol: 'AMZN', key: expect.stringMatching(/-mine$/) as string }]);
    expect(left).toBe(0);
    expect(await position(desks)).toEqual(['2', '100', '0']);
    const statuses = scene.engine.orders('PA1').map(({ symbol, status }) => `${symbol} ${status}`);
    expect(statuses).toEqual(['MSFT partially_filled', 'AMZN canceled']);
  });

  test('that the broker does not cancel now are counted', async () => {
    const scene = new Scene({ courses: neverFilled, faults: script({ [POST]: [lostAfter()] }) });
    await expect(desks.at(scene).order({ qty: '5' })).rejects.toMatchObject(failure);
    const faults = ({ route }: { route: string }) =>
      route === 'DELETE /v2/orders/{id}' ? throttled() : undefined;
    scene.engine.faults = faults;
    expect(await desks.at(scene).reconcile({ cancel_open: true })).toMatchObject({ canceled: [], left: 1 });
    scene.engine.faults = () => undefined;
    expect(await desks.at(scene).reconcile({ cancel_open: true })).toMatchObject({ left: 0 });
  });
});

test('an order of this ledger whose book is gone is a difference in a new book', async () => {
  const scene = new Scene({ courses: neverFilled, faults: script({ [POST]: [lostAfter()] }) });
  await expect(desks.at(scene).order({ qty: '3' })).rejects.toMatchObject(failure);
  await desks.ledger().books.deleteOne({ _id: 'AMZN' });
  expect(kinds(await desks.at(scene).reconcile())).toEqual(['AMZN order']);
});

test('the order of a book that is held is left to its attempt', async () => {
  const scene = new Scene({ courses: neverFilled, faults: script({ [POST]: [lostAfter()] }) });
  await expect(desks.at(scene).order({ qty: '3' })).rejects.toMatchObject(failure);
  const states = (orders: BookOrder[]) => orders.map(({ state }) => state);
  await desks.at(scene).reconcile();
  expect(states((await desks.book()).orders)).toEqual(['placed']);
  scene.pass(6_000);
  await desks.at(scene).reconcile();
  expect(states((await desks.book()).orders)).toEqual(['taken back']);
});
