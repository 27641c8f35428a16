import { trading } from '@alpacahq/alpaca-trade-api/rest';
import { lostAfter, notSeen, script, slow } from '../../support/broker/faults.ts';
import { brokerFetch } from '../../support/broker/http.ts';
import { inParts } from '../../support/broker/plans.ts';
import { PAPER, Scene } from '../../support/broker/scene.ts';

// The broker's own SDK, over HTTP: paths, parameters and fields are those that it sends and parses.
type Sdk = Awaited<ReturnType<Scene['sdk']>>;
let sdk: Sdk | undefined;
afterEach(async () => {
  await sdk?.close();
  sdk = undefined;
});
const connect = async (scene: Scene): Promise<Sdk> => (sdk = await scene.sdk());

const request = (change: Partial<trading.PostOrderRequest> = {}) => ({
  postOrderRequest: {
    ...{ symbol: 'AMZN', qty: '3', side: 'buy', type: 'market', timeInForce: 'day', clientOrderId: 'key-1' },
    ...change,
  } as trading.PostOrderRequest,
});

test('an order is placed, found, listed, replaced and canceled', async () => {
  const scene = new Scene({ courses: inParts([[1_000, '1', '99.5']], { cancel: { afterMs: 1_000 } }) });
  const { orders } = await connect(scene);
  const placed = await orders.postOrder(request());
  expect(placed).toMatchObject({
    status: 'pending_new',
    qty: '3',
    filledQty: '0',
    createdAt: new Date(scene.now),
  });
  scene.pass(1_000);
  const found = await orders.getOrderByClientOrderId({ clientOrderId: 'key-1' });
  expect(found).toMatchObject({ id: placed.id, status: 'partially_filled', filledAvgPrice: '99.5' });
  expect(await orders.getAllOrders({ status: 'open', symbols: 'AMZN,MSFT' })).toHaveLength(1);
  const successor = await orders.patchOrderByOrderId({
    orderId: placed.id!,
    patchOrderRequest: { qty: '2' },
  });
  expect(successor).toMatchObject({ replaces: placed.id, qty: '2' });
  scene.pass(1);
  await orders.deleteOrderByOrderID({ orderId: successor.id! });
  expect(await orders.getOrderByOrderID({ orderId: successor.id! })).toMatchObject({
    status: 'pending_cancel',
  });
  scene.pass(1_000);
  const all = await orders.getAllOrders({ status: 'all', direction: 'asc' });
  expect(all.map(({ status }) => status)).toEqual(['replaced', 'canceled']);
  expect(await orders.deleteAllOrders()).toEqual([]);
});

test('refusals are errors with their code', async () => {
  const { orders, positions } = await connect(new Scene());
  await orders.postOrder(request());
  await expect(orders.postOrder(request())).rejects.toMatchObject({
    ...{ name: 'ValidationError', status: 422, code: 40010001, message: 'client_order_id must be unique' },
  });
  await expect(orders.postOrder(request({ qty: '5000', clientOrderId: 'k' }))).rejects.toMatchObject({
    ...{ name: 'PermissionError', status: 403, code: 40310000 },
  });
  await expect(positions.getOpenPosition({ symbolOrAssetId: 'MSFT' })).rejects.toMatchObject({ status: 404 });
});

test('over the limit of requests, the error says when to ask again', async () => {
  const { clock } = await connect(new Scene({ requestsPerMinute: 0 }));
  await expect(clock.legacyClock()).rejects.toMatchObject({
    name: 'RateLimitError',
    rateLimit: { limit: 0, remaining: 0, reset: new Date('2026-01-05T15:01:00Z') },
  });
});

test('account, positions, assets, activities', async () => {
  const scene = new Scene();
  const { orders, accounts, positions, assets, activities } = await connect(scene);
  await orders.postOrder(request({ qty: '2.5' }));
  scene.pass(1);
  expect(await accounts.getAccount()).toMatchObject({
    ...{ accountNumber: 'PA1', status: 'ACTIVE', cash: '99750', equity: '100000', tradingBlocked: false },
    ...{ multiplier: '1', lastEquity: '100000', buyingPower: '99750' },
  });
  expect(await positions.getAllOpenPositions()).toMatchObject([
    { symbol: 'AMZN', qty: '2.5', qtyAvailable: '2.5', avgEntryPrice: '100', side: 'long' },
  ]);
  const asset = await assets.getV2AssetsSymbolOrAssetId({ symbolOrAssetId: 'AMZN' });
  expect(asset).toMatchObject({ symbol: 'AMZN', fractionable: true });
  expect(await activities.getAccountActivities({ activityTypes: ['FILL'], pageSize: 10 })).toMatchObject([
    { activityType: 'FILL', qty: '2.5', price: '100' },
  ]);
});

test('clock, calendar, bars, trades, corporate actions', async () => {
  const splits = [{ symbol: 'AMZN', exDate: '2026-01-06', oldRate: '1', newRate: '2' }];
  const scene = new Scene({ splits });
  const { clock, calendar, stocks, corporateActions, announcements } = await connect(scene);
  expect(await clock.legacyClock()).toMatchObject({
    isOpen: true,
    nextClose: new Date('2026-01-05T21:00:00Z'),
  });
  expect((await clock.clock({ markets: 'NYSE' })).clocks).toMatchObject([
    { phase: 'core', isMarketDay: true },
  ]);
  const days = { start: new Date('2026-02-09'), end: new Date('2026-02-10') };
  expect(await calendar.legacyCalendar(days)).toMatchObject([{ close: '16:00' }, { close: '13:00' }]);
  expect((await calendar.calendar({ market: 'NYSE', ...days })).calendar).toHaveLength(2);
  scene.at('2026-01-06T15:00:00Z');
  const asked = { timeframe: '1Day', start: new Date('2026-01-05T05:00:00Z'), adjustment: 'split' } as const;
  const one = await stocks.stockBarSingle({ symbol: 'AMZN', ...asked });
  expect(one.bars).toMatchObject([{ t: new Date('2026-01-05T05:00:00Z'), c: 50 }, { c: 50 }]);
  const both = await stocks.stockBars({ symbols: 'AMZN,MSFT', ...asked });
  expect(Object.keys(both.bars)).toEqual(['AMZN', 'MSFT']);
  expect((await stocks.stockLatestTradeSingle({ symbol: 'AMZN', feed: 'iex' })).trade.p).toBe(50);
  const trades = await stocks.stockLatestTrades({ symbols: 'AMZN,MSFT' });
  expect([trades.trades.AMZN!.p, trades.trades.MSFT!.p]).toEqual([50, 100]);
  const { corporateActions: found } = await corporateActions.corporateActions({ symbols: 'AMZN' });
  expect(found.forwardSplits).toMatchObject([{ newRate: 2, oldRate: 1, exDate: new Date('2026-01-06') }]);
  const announced = await announcements.getV2CorporateActionsAnnouncements({
    ...{ caTypes: 'split', since: '2026-01-01', until: '2026-01-31' },
  });
  expect(announced).toMatchObject([{ initiatingSymbol: 'AMZN', newRate: '2' }]);
});

test('a lost answer is an error of the connection, a slow one a timeout', async () => {
  const faults = script({ 'POST /v2/orders': [lostAfter()], 'GET /v2/clock': [slow(60_000)] });
  const scene = new Scene({ faults });
  const { url, orders } = await connect(scene);
  await expect(orders.postOrder(request())).rejects.toMatchObject(UNREACHABLE);
  expect(scene.engine.orders('PA1')).toHaveLength(1);
  const hasty = new trading.Configuration({ ...KEYS, basePath: url, timeoutMs: 50 });
  await expect(new trading.ClockApi(hasty).legacyClock()).rejects.toMatchObject(UNREACHABLE);
});

test('the SDK asks the engine in process, in whatever time passes there', async () => {
  const faults = script({ 'GET /v2/orders:by_client_order_id': [notSeen(), slow(9_000), lostAfter()] });
  const scene = new Scene({ faults });
  const fetchApi = brokerFetch(scene.engine, async (ms) => scene.pass(ms));
  const orders = new trading.OrdersApi(
    new trading.Configuration({ ...KEYS, basePath: 'http://broker', fetchApi }),
  );
  const placed = await orders.postOrder(request());
  const find = () => orders.getOrderByClientOrderId({ clientOrderId: 'key-1' });
  await expect(find()).rejects.toMatchObject({ status: 404 });
  const before = scene.now;
  expect(await find()).toMatchObject({ id: placed.id, status: 'filled' });
  expect(scene.now - before).toBe(9_000);
  await expect(find()).rejects.toMatchObject({ name: 'FetchError' });
  await orders.deleteOrderByOrderID({ orderId: placed.id! }).catch(({ status }: { status: number }) => {
    expect(status).toBe(422);
  });
});

/** The SDK takes an error of another realm, as jest's is, for none of its own. */
const UNREACHABLE = { name: expect.stringMatching(/^(FetchError|TypeError|TimeoutError)$/) as string };
const KEYS = { keyId: PAPER.keyId, secret: PAPER.secretKey };
