import { inParts, neverFilled } from '../../support/broker/plans.ts';
import { MONDAY, PAPER, Scene } from '../../support/broker/scene.ts';

// What https://docs.alpaca.markets/reference/postorder and .../docs/orders-at-alpaca say of placing orders.
const OTHER = { keyId: 'PKFAKE2', secretKey: 'fake-secret-2', accountNumber: 'PA2', cash: '100000' };

test('an order is taken as pending_new, with all its fields, and is filled when it is looked at next', () => {
  const scene = new Scene();
  const { status, body } = scene.order({ client_order_id: 'key-1' });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ client_order_id: 'key-1', symbol: 'AMZN', side: 'buy', qty: '3', notional: null, type: 'market' },
    ...{ status: 'pending_new', filled_qty: '0', filled_avg_price: null, filled_at: null, replaced_by: null },
    ...{ created_at: '2026-01-05T15:00:00.000Z', expires_at: '2026-01-05T21:00:00.000Z' },
  });
  scene.pass(1);
  expect(scene.ask(`GET /v2/orders/${String(body.id)}`).body).toMatchObject({
    ...{ status: 'filled', filled_qty: '3', filled_avg_price: '100', filled_at: '2026-01-05T15:00:00.000Z' },
  });
});

test('an order is found by its key, and one that is unknown is 404', () => {
  const scene = new Scene();
  const { body } = scene.order({ client_order_id: 'key-1' });
  const found = scene.ask('GET /v2/orders:by_client_order_id?client_order_id=key-1');
  expect(found.body.id).toBe(body.id);
  const missing = scene.ask('GET /v2/orders:by_client_order_id?client_order_id=key-2');
  expect(missing).toEqual({ status: 404, body: { code: 40410000, message: 'order not found for key-2' } });
  expect(scene.ask('GET /v2/orders/none').status).toBe(404);
});

test('a key is for one order of an account, also after its end; another account may use it', () => {
  const scene = new Scene({ accounts: [PAPER, OTHER] });
  scene.order({ client_order_id: 'key-1' });
  scene.pass(1);
  expect(scene.order({ client_order_id: 'key-1', qty: '9' })).toEqual({
    status: 422,
    body: { code: 40010001, message: 'client_order_id must be unique' },
  });
  expect(scene.order({ client_order_id: 'key-1' }, OTHER).status).toBe(200);
  expect(scene.engine.orders('PA1')).toHaveLength(1);
  expect(scene.engine.orders('PA2')).toHaveLength(1);
});

test('an order without a key gets one', () => {
  const { body } = new Scene().order();
  expect(body.client_order_id).toMatch(/^[0-9a-f-]{36}$/);
});

test('of two reasons to refuse, a broker may tell the key last', () => {
  const poor = { accounts: [{ ...PAPER, cash: '300' }] };
  const said = (scene: Scene) => {
    scene.order({ client_order_id: 'key-1' });
    return scene.order({ client_order_id: 'key-1' }).body.message;
  };
  expect(said(new Scene(poor))).toBe('client_order_id must be unique');
  expect(said(new Scene({ ...poor, judgesKeyLast: true }))).toBe('insufficient buying power');
});

test.each([
  ['qty and notional at once', { qty: '1', notional: '100' }, 422, 40010001, 'only one of qty or notional'],
  ['neither of both', { qty: null }, 422, 40010001, 'qty or notional is required'],
  ['no number', { qty: 'three' }, 422, 40010001, 'qty'],
  ['nothing', { qty: '0' }, 422, 42210000, 'qty must be > 0'],
  ['a long key', { client_order_id: 'k'.repeat(129) }, 422, 40010001, 'no more than 128 characters'],
  ['an unknown symbol', { symbol: 'NONE' }, 422, 42210000, 'asset "NONE" not found'],
  ['a stock that is not traded', { symbol: 'GONE' }, 422, 42210000, 'asset "GONE" is not tradable'],
  ['ten decimals', { qty: '1.0000000001' }, 422, 42210000, '9 decimal places'],
  [
    'parts of a cent',
    { notional: '10.001' },
    422,
    42210000,
    'notional value must be limited to 2 decimal places',
  ],
  [
    'a part of a whole share',
    { symbol: 'WHOL', qty: '1.5' },
    403,
    40310000,
    'asset "WHOL" is not fractionable',
  ],
  ['dollars of a whole share', { symbol: 'WHOL', notional: '50' }, 403, 40310000, 'is not fractionable'],
  ['parts until canceled', { qty: '1.5', time_in_force: 'gtc' }, 422, 42210000, 'must be DAY orders'],
  ['less than a dollar', { notional: '0.99' }, 403, 40310000, 'cost basis must be >= minimal amount'],
  ['parts sold short', { qty: '1.5', side: 'sell' }, 422, 42210000, 'fractional orders cannot be sold short'],
  ['dollars sold short', { notional: '50', side: 'sell' }, 422, 42210000, 'cannot be sold short'],
  ['a short sale', { side: 'sell' }, 403, 40310000, 'account is not allowed to short'],
  ['too expensive', { qty: '1001' }, 403, 40310000, 'insufficient buying power'],
])('%s is refused: %j', (_, change, status, code, words) => {
  const scene = new Scene();
  const refused = scene.order(change);
  expect(refused).toEqual({
    status,
    body: expect.objectContaining({ code, message: expect.stringContaining(words) as string }) as object,
  });
  expect(scene.engine.orders('PA1')).toEqual([]);
});

test('parts of shares are bought in nine decimals, and dollars buy what they buy', () => {
  const scene = new Scene({ price: () => '333.33' });
  scene.order({ qty: '0.123456789', client_order_id: 'parts' });
  scene.order({ notional: '100.01', client_order_id: 'dollars' });
  scene.pass(1);
  const byKey = (key: string) => scene.ask(`GET /v2/orders:by_client_order_id?client_order_id=${key}`).body;
  expect(byKey('parts')).toMatchObject({ status: 'filled', qty: '0.123456789', filled_qty: '0.123456789' });
  expect(byKey('dollars')).toMatchObject({
    ...{
      status: 'filled',
      qty: null,
      notional: '100.01',
      filled_qty: '0.300033',
      filled_avg_price: '333.33',
    },
  });
});

test('orders of both sides of a symbol are not open at once', () => {
  const scene = new Scene({ accounts: [{ ...PAPER, shortingEnabled: true }], courses: neverFilled });
  const buy = scene.order();
  expect(scene.order({ side: 'sell' })).toEqual({
    status: 403,
    body: {
      ...{ code: 40310000, message: 'potential wash trade detected. use complex orders' },
      ...{ existing_order_id: buy.body.id, reject_reason: 'opposite side market/stop order exists' },
    },
  });
  expect(scene.order({ symbol: 'MSFT', side: 'sell' }).status).toBe(200);
  expect(scene.order({ symbol: 'MSFT' }).body.message).toMatch(/long buy while a short sell order is open/);
});

test('while the market is closed, an order waits for the next opening; it is not refused', () => {
  const scene = new Scene();
  scene.at('2026-01-16T22:00:00Z');
  const { body } = scene.order();
  expect(body).toMatchObject({ status: 'accepted', expires_at: '2026-01-20T21:00:00.000Z' });
  // Over a weekend, and a Monday that is a holiday.
  scene.at('2026-01-20T14:29:59Z');
  expect(scene.ask(`GET /v2/orders/${String(body.id)}`).body.status).toBe('accepted');
  expect(scene.engine.nextEventAt()).toBe(Date.parse('2026-01-20T14:30:00Z'));
  scene.at('2026-01-20T14:30:00Z');
  const filled = scene.ask(`GET /v2/orders/${String(body.id)}`).body;
  expect(filled).toMatchObject({ status: 'filled', filled_at: '2026-01-20T14:30:00.000Z' });
});

test('the list has the open orders if nothing is said, the newest first', () => {
  const scene = new Scene({ courses: neverFilled });
  for (const symbol of ['AMZN', 'MSFT', 'HARD']) {
    scene.order({ symbol, client_order_id: symbol });
    scene.pass(1_000);
  }
  const [, second] = scene.engine.orders('PA1');
  scene.ask(`DELETE /v2/orders/${second!.id}`);
  const listed = (query = '') =>
    (scene.ask(`GET /v2/orders${query}`).body as unknown as { symbol: string }[]).map(({ symbol }) => symbol);
  expect(listed()).toEqual(['HARD', 'AMZN']);
  expect(listed('?status=closed')).toEqual(['MSFT']);
  expect(listed('?status=all&direction=asc')).toEqual(['AMZN', 'MSFT', 'HARD']);
  expect(listed('?status=all&limit=1')).toEqual(['HARD']);
  expect(listed('?status=all&symbols=AMZN,MSFT')).toEqual(['MSFT', 'AMZN']);
  expect(listed('?status=all&side=sell')).toEqual([]);
  const [first, third] = [MONDAY, MONDAY + 2_000].map((at) => new Date(at).toISOString());
  // Both ends are excluded.
  expect(listed(`?status=all&after=${first}&until=${third}`)).toEqual(['MSFT']);
  expect(listed(`?status=all&after_order_id=${second!.id}`)).toEqual(['HARD']);
});

test('the list has 50 orders if nothing is said, and 500 at most', () => {
  const scene = new Scene({ courses: neverFilled, requestsPerMinute: Infinity });
  for (let count = 0; count < 501; count++) scene.order({ qty: '1' });
  const size = (query: string) => (scene.ask(`GET /v2/orders${query}`).body as unknown as []).length;
  expect([size(''), size('?limit=500'), size('?limit=1000')]).toEqual([50, 500, 500]);
});

test('parts are averaged in as many decimals as they have', () => {
  const courses = inParts([
    [0, '1', '100.0001'],
    [0, '2', '100.0003'],
    [0, '4', '99.9998'],
  ]);
  const scene = new Scene({ courses });
  const { body } = scene.order({ qty: '7' });
  scene.pass(1);
  const { filled_avg_price: average } = scene.ask(`GET /v2/orders/${String(body.id)}`).body;
  // (100.0001 + 200.0006 + 399.9992) / 7
  expect(average).toBe('99.9999857142857');
});
