import { byKey, inParts, neverFilled } from '../../support/broker/plans.ts';
import { PAPER, Scene } from '../../support/broker/scene.ts';

const fill = (qty: string, price: string) => inParts([[0, qty, price]]);
const HOLDER = { ...PAPER, positions: [{ symbol: 'AMZN', qty: '10', price: '90' }] };

// https://docs.alpaca.markets/reference/getaccount-1 and .../reference/getallopenpositions
test('trades move cash and position; the average entry price is the weighted one', () => {
  const scene = new Scene({
    courses: byKey({ a: fill('3', '100.10'), b: fill('1', '99.90'), c: fill('2', '101') }),
  });
  scene.order({ client_order_id: 'a', qty: '3' });
  scene.order({ client_order_id: 'b', qty: '1' });
  scene.pass(1);
  scene.order({ client_order_id: 'c', qty: '2', side: 'sell' });
  scene.pass(1);
  expect(scene.ask('GET /v2/account').body).toMatchObject({
    ...{ account_number: 'PA1', status: 'ACTIVE', currency: 'USD', multiplier: '1' },
    // 100000 - 300.30 - 99.90 + 202
    ...{ cash: '99801.8', equity: '100001.8', last_equity: '100000', buying_power: '99801.8' },
    ...{ trading_blocked: false, account_blocked: false, shorting_enabled: false },
    ...{ pattern_day_trader: false, daytrade_count: 0, long_market_value: '200', short_market_value: '0' },
  });
  expect(scene.ask('GET /v2/positions').body).toEqual([scene.ask('GET /v2/positions/AMZN').body]);
  expect(scene.ask('GET /v2/positions/AMZN').body).toMatchObject({
    ...{ symbol: 'AMZN', qty: '2', side: 'long', qty_available: '2', avg_entry_price: '100.05' },
    ...{ cost_basis: '200.1', market_value: '200', current_price: '100', unrealized_pl: '-0.1' },
  });
});

test('a position that is closed is not there any more', () => {
  const scene = new Scene({ accounts: [HOLDER] });
  scene.order({ side: 'sell', qty: '10' });
  scene.pass(1);
  expect(scene.ask('GET /v2/positions').body).toEqual([]);
  expect(scene.ask('GET /v2/positions/AMZN')).toEqual({
    status: 404,
    body: { code: 40410000, message: 'position does not exist' },
  });
});

test('what open orders are going to sell is not sold twice', () => {
  const scene = new Scene({ accounts: [HOLDER], courses: inParts([[0, '1']]) });
  const open = scene.order({ side: 'sell', qty: '4' });
  scene.pass(1);
  expect(scene.ask('GET /v2/positions/AMZN').body).toMatchObject({ qty: '9', qty_available: '6' });
  expect(scene.order({ side: 'sell', qty: '7' })).toEqual({
    status: 403,
    body: {
      ...{ code: 40310000, message: 'insufficient qty available for order (requested: 7, available: 6)' },
      ...{ symbol: 'AMZN', available: '6', existing_qty: '9', held_for_orders: '3' },
      related_orders: [open.body.id],
    },
  });
  expect(scene.order({ side: 'sell', qty: '6' }).status).toBe(200);
});

test('open orders bind buying power as far as they are not filled, and free it with their end', () => {
  const scene = new Scene({ accounts: [{ ...PAPER, cash: '1000' }], courses: inParts([[1_000, '2']]) });
  const power = () => scene.ask('GET /v2/account').body.buying_power;
  const { body } = scene.order({ qty: '6' });
  expect(power()).toBe('400');
  expect(scene.order({ symbol: 'MSFT', qty: '5' }).body).toMatchObject({
    ...{ code: 40310000, message: 'insufficient buying power', buying_power: '400', cost_basis: '500' },
  });
  scene.pass(1_000);
  expect(power()).toBe('400');
  scene.ask(`DELETE /v2/orders/${String(body.id)}`);
  expect(power()).toBe('800');
});

test('an account with a margin buys for twice what is free', () => {
  const scene = new Scene({ accounts: [{ ...PAPER, cash: '1000', multiplier: '2' }] });
  const power = () => scene.ask('GET /v2/account').body.buying_power;
  expect(power()).toBe('2000');
  scene.order({ qty: '15' });
  scene.pass(1);
  expect(power()).toBe('500');
  expect(scene.ask('GET /v2/account').body).toMatchObject({
    cash: '-500',
    equity: '1000',
    initial_margin: '750',
  });
});

test('who may sell short does, in whole shares of stocks that can be borrowed', () => {
  const scene = new Scene({ accounts: [{ ...PAPER, shortingEnabled: true }] });
  expect(scene.order({ symbol: 'HARD', side: 'sell' }).body.message).toMatch(/cannot be sold short/);
  scene.order({ side: 'sell', qty: '2' });
  scene.pass(1);
  expect(scene.ask('GET /v2/positions/AMZN').body).toMatchObject({
    ...{ qty: '-2', side: 'short', market_value: '-200', avg_entry_price: '100', qty_available: '-2' },
  });
  // One order does not go from one side to the other.
  expect(scene.order({ qty: '3' }).body.message).toBe(
    'insufficient qty available for order (requested: 3, available: 2)',
  );
  scene.order({ qty: '2' });
  scene.pass(1);
  expect(scene.ask('GET /v2/positions').body).toEqual([]);
});

test.each([{ tradingBlocked: true }, { accountBlocked: true }])('%j: no order is taken', (change) => {
  const scene = new Scene({ accounts: [{ ...PAPER, ...change }] });
  expect(scene.order()).toMatchObject({ status: 403, body: { code: 40310000 } });
  expect(scene.ask('GET /v2/account').status).toBe(200);
});

test("last_equity is the equity of the last session's close", () => {
  const scene = new Scene({
    accounts: [HOLDER],
    price: (_, at) => (at < Date.parse('2026-01-06') ? '100' : '120'),
  });
  expect(scene.ask('GET /v2/account').body).toMatchObject({ equity: '101000', last_equity: '101000' });
  scene.at('2026-01-06T15:00:00Z');
  expect(scene.ask('GET /v2/account').body).toMatchObject({ equity: '101200', last_equity: '101000' });
  expect(scene.ask('GET /v2/positions/AMZN').body).toMatchObject({
    ...{ lastday_price: '100', change_today: '0.2', unrealized_intraday_pl: '200', unrealized_pl: '300' },
  });
  scene.at('2026-01-07T15:00:00Z');
  expect(scene.ask('GET /v2/account').body.last_equity).toBe('101200');
});

test('an account sees nothing of another one', () => {
  const other = { ...PAPER, keyId: 'PKFAKE2', accountNumber: 'PA2', cash: '5' };
  const scene = new Scene({ accounts: [PAPER, other], courses: neverFilled });
  const { body } = scene.order();
  expect(scene.ask(`GET /v2/orders/${String(body.id)}`, undefined, other).status).toBe(404);
  expect(scene.ask('GET /v2/orders?status=all', undefined, other).body).toEqual([]);
  expect(scene.ask('GET /v2/account', undefined, other).body).toMatchObject({
    account_number: 'PA2',
    cash: '5',
  });
});

// https://docs.alpaca.markets/reference/getaccountactivities-2
test('each trade is an activity, the newest first, in pages', () => {
  const scene = new Scene({
    courses: inParts([
      [0, '1', '99'],
      [1_000, undefined, '101'],
    ]),
  });
  const { body } = scene.order();
  scene.pass(5_000);
  const page = (query: string) => scene.ask(`GET /v2/account/activities${query}`).body;
  const fills = page('/FILL') as unknown as { id: string }[];
  expect(fills).toMatchObject([
    { activity_type: 'FILL', type: 'fill', qty: '2', price: '101', cum_qty: '3', leaves_qty: '0' },
    {
      activity_type: 'FILL',
      type: 'partial_fill',
      qty: '1',
      price: '99',
      leaves_qty: '2',
      order_id: body.id,
    },
  ]);
  expect(fills[0]!.id).toMatch(/^20260105150001000::/);
  expect(page(`?page_size=1&page_token=${fills[0]!.id}`)).toEqual([fills[1]]);
  expect(page('?activity_types=DIV')).toEqual([]);
  expect(page('?direction=asc&date=2026-01-05')).toEqual(fills.toReversed());
  expect(page('?date=2026-01-06')).toEqual([]);
});
