import { endsAs, inParts, neverFilled } from '../../support/broker/plans.ts';
import { PAPER, Scene } from '../../support/broker/scene.ts';
import { hasEnded, mayFollow } from '../../support/broker/states.ts';
import type { Course, OrderStatus } from '../../support/broker/types.ts';

// What https://docs.alpaca.markets/docs/orders-at-alpaca#order-lifecycle says of an order's states.
function placed(course: Course, change: object = {}) {
  const scene = new Scene({ courses: () => course });
  const id = String(scene.order(change).body.id);
  return {
    scene,
    id,
    order: () => scene.ask(`GET /v2/orders/${id}`).body,
    cancel: () => scene.ask(`DELETE /v2/orders/${id}`),
  };
}

test('an order is filled in parts over time', () => {
  const { scene, order } = placed(
    inParts([
      [1_000, '1', '99'],
      [3_000, undefined, '102'],
    ])(ANY),
  );
  expect(order()).toMatchObject({ status: 'new', filled_qty: '0', filled_avg_price: null });
  scene.pass(1_000);
  expect(order()).toMatchObject({ status: 'partially_filled', filled_qty: '1', filled_avg_price: '99' });
  scene.pass(1_999);
  expect(order()).toMatchObject({ status: 'partially_filled', filled_at: null });
  scene.pass(1);
  expect(order()).toMatchObject({
    ...{ status: 'filled', filled_qty: '3', filled_avg_price: '101', filled_at: '2026-01-05T15:00:03.000Z' },
  });
});

test('what is due happens in the order of time, however late it is looked at', () => {
  const { scene, order } = placed(
    inParts([
      [1_000, '1', '99'],
      [3_000, undefined, '102'],
    ])(ANY),
  );
  scene.pass(60_000);
  expect(order()).toMatchObject({ status: 'filled', updated_at: '2026-01-05T15:00:03.000Z' });
});

test('an order can be pending_new for a while', () => {
  const { scene, order } = placed({ routedAfterMs: 500, steps: [{ afterMs: 100, fill: {} }] });
  expect(order().status).toBe('pending_new');
  scene.pass(500);
  expect(order().status).toBe('new');
  scene.pass(100);
  expect(order().status).toBe('filled');
});

test('a cancellation is answered 204, and ends the order at once if its course says nothing', () => {
  const { order, cancel } = placed(neverFilled(ANY));
  expect(cancel()).toEqual({ status: 204, body: undefined });
  expect(order()).toMatchObject({ status: 'canceled', canceled_at: '2026-01-05T15:00:00.000Z' });
});

test('a cancellation can be pending while another part is filled', () => {
  const { scene, order, cancel } = placed({
    steps: [
      { afterMs: 1_000, fill: { qty: '1' } },
      { afterMs: 2_000, fill: { qty: '1' } },
    ],
    cancel: { afterMs: 1_500 },
  });
  scene.pass(1_000);
  expect(cancel().status).toBe(204);
  expect(order()).toMatchObject({ status: 'pending_cancel', filled_qty: '1' });
  scene.pass(1_000);
  expect(order()).toMatchObject({ status: 'pending_cancel', filled_qty: '2' });
  // To ask again changes nothing.
  expect(cancel().status).toBe(204);
  scene.pass(500);
  expect(order()).toMatchObject({
    status: 'canceled',
    filled_qty: '2',
    canceled_at: '2026-01-05T15:00:02.500Z',
  });
});

test('an order that is pending_cancel can be filled whole', () => {
  const { scene, order, cancel } = placed({
    steps: [{ afterMs: 1_000, fill: {} }],
    cancel: { afterMs: 5_000 },
  });
  cancel();
  scene.pass(1_000);
  expect(order()).toMatchObject({ status: 'filled', filled_qty: '3', canceled_at: null });
  scene.pass(10_000);
  expect(order().status).toBe('filled');
});

test('a cancellation that the market refuses leaves the order as it went on behind it', () => {
  const { scene, order, cancel } = placed({
    steps: [{ afterMs: 500, fill: { qty: '1' } }],
    cancel: { afterMs: 1_000, refused: true },
  });
  cancel();
  scene.pass(1_000);
  expect(order()).toMatchObject({ status: 'partially_filled', filled_qty: '1' });
});

test('what waits for the opening is canceled at once', () => {
  const scene = new Scene({ courses: () => ({ steps: [], cancel: { afterMs: 5_000 } }) });
  scene.at('2026-01-05T22:00:00Z');
  const { body } = scene.order();
  scene.ask(`DELETE /v2/orders/${String(body.id)}`);
  expect(scene.ask(`GET /v2/orders/${String(body.id)}`).body.status).toBe('canceled');
});

test.each([
  'filled',
  'canceled',
  'expired',
  'rejected',
  'done_for_day',
  'replaced',
  'pending_replace',
] as const)('an order that is %s is not canceled: 422', (status) => {
  const scene = new Scene({ courses: endsAs(status) });
  const { body } = scene.order();
  const refused = scene.ask(`DELETE /v2/orders/${String(body.id)}`);
  expect(refused.status).toBe(422);
  expect(refused.body).toEqual({ code: 42210000, message: `order is already in "${status}" state` });
  expect(scene.ask(`GET /v2/orders/${String(body.id)}`).body.status).toBe(status);
});

test('all open orders are canceled with one request, each with its own status', () => {
  const scene = new Scene({ courses: neverFilled });
  const ids = ['AMZN', 'MSFT'].map((symbol) => scene.order({ symbol }).body.id);
  expect(scene.ask('DELETE /v2/orders')).toEqual({
    status: 207,
    body: ids.map((id) => ({ id, status: 200 })),
  });
  expect(scene.ask('GET /v2/orders').body).toEqual([]);
});

test.each([undefined, 'canceled', 'done_for_day'] as const)(
  'an open order ends with the session (%s)',
  (atClose) => {
    const { scene, order } = placed({
      steps: [{ afterMs: 1_000, fill: { qty: '1' } }],
      ...(atClose && { atClose }),
    });
    scene.at('2026-01-05T20:59:59Z');
    expect(order().status).toBe('partially_filled');
    scene.at('2026-01-06T08:00:00Z');
    const ended = order();
    expect(ended).toMatchObject({ status: atClose ?? 'expired', filled_qty: '1' });
    if (!atClose) expect(ended.expired_at).toBe('2026-01-05T21:00:00.000Z');
  },
);

test('a part that is due after the close is not filled', () => {
  const { scene, order } = placed({ steps: [{ afterMs: 7 * 3_600_000, fill: {} }] });
  scene.at('2026-01-06T15:00:00Z');
  expect(order()).toMatchObject({ status: 'expired', filled_qty: '0' });
});

test('on the day of an early close, orders end with it', () => {
  const scene = new Scene({ courses: neverFilled });
  scene.at('2026-02-10T15:00:00Z');
  expect(scene.order().body.expires_at).toBe('2026-02-10T18:00:00.000Z');
});

test('a market event replaces an order: the new one has its rest, and each names the other', () => {
  const scene = new Scene({
    courses: ({ number }) =>
      number === 1
        ? {
            steps: [
              { afterMs: 0, fill: { qty: '1', price: '99' } },
              { afterMs: 1_000, replace: {} },
            ],
          }
        : { steps: [{ afterMs: 1_000, fill: { price: '101' } }] },
  });
  const { body } = scene.order({ client_order_id: 'key-1' });
  scene.pass(5_000);
  const old = scene.ask('GET /v2/orders:by_client_order_id?client_order_id=key-1').body;
  expect(old).toMatchObject({ status: 'replaced', filled_qty: '1', replaced_at: '2026-01-05T15:00:01.000Z' });
  const successor = scene.ask(`GET /v2/orders/${String(old.replaced_by)}`).body;
  expect(successor).toMatchObject({ replaces: body.id, qty: '2', status: 'filled', filled_avg_price: '101' });
  expect(successor.client_order_id).not.toBe('key-1');
  expect(scene.engine.account('PA1').positions.get('AMZN')!.qty.toFixed()).toBe('3');
});

test('a client replaces an order that is at the market; not one that is accepted, in dollars, or ended', () => {
  const scene = new Scene({ courses: neverFilled });
  const first = scene.order();
  scene.pass(1);
  const replaced = scene.ask(`PATCH /v2/orders/${String(first.body.id)}`, {
    qty: '5',
    client_order_id: 'key-2',
  });
  expect(replaced).toMatchObject({
    status: 200,
    body: { qty: '5', replaces: first.body.id, client_order_id: 'key-2' },
  });
  expect(scene.ask(`PATCH /v2/orders/${String(first.body.id)}`, { qty: '6' }).status).toBe(422);
  const inDollars = scene.order({ symbol: 'MSFT', notional: '50' });
  expect(scene.ask(`PATCH /v2/orders/${String(inDollars.body.id)}`, { qty: '6' }).status).toBe(422);
  scene.at('2026-01-05T22:00:00Z');
  const waiting = scene.order({ symbol: 'MSFT' });
  expect(scene.ask(`PATCH /v2/orders/${String(waiting.body.id)}`, { qty: '6' }).body.message).toMatch(
    /"accepted"/,
  );
});

test('the rare states are shown too, and hold no trade back that comes after them', () => {
  const states = ['held', 'accepted', 'accepted_for_bidding', 'stopped', 'suspended', 'calculated'] as const;
  const steps = [...states.map((to, index) => ({ afterMs: 1_000 * (index + 1), to }))];
  const { scene, order } = placed({ steps: [...steps, { afterMs: 9_000, to: 'done_for_day' }] });
  const seen = [order().status];
  for (let second = 1; second < 10; second++) {
    scene.pass(1_000);
    seen.push(order().status);
  }
  expect([...new Set(seen)]).toEqual(['new', ...states, 'done_for_day']);
});

test('a suspended order takes part in no trade', () => {
  const { scene, order } = placed({
    steps: [
      { afterMs: 0, to: 'suspended' },
      { afterMs: 0, fill: {} },
    ],
  });
  scene.pass(1_000);
  expect(order()).toMatchObject({ status: 'suspended', filled_qty: '0' });
});

test('a course that no order can take is a fault of the test, and says so', () => {
  const { order } = placed({
    steps: [
      { afterMs: 0, to: 'stopped' },
      { afterMs: 0, to: 'rejected' },
    ],
  });
  expect(order).toThrow(/is stopped and can't be rejected next. Correct its course/);
});

test('nothing follows the end of an order, and each end can be reached from `new`', () => {
  const ends: OrderStatus[] = ['filled', 'canceled', 'expired', 'replaced', 'rejected', 'done_for_day'];
  const early: OrderStatus[] = ['accepted', 'pending_new', 'new', 'held', 'accepted_for_bidding'];
  const open: OrderStatus[] = [...early, 'stopped', 'suspended', 'partially_filled', 'pending_cancel'];
  expect(ends.every(hasEnded)).toBe(true);
  expect(open.some(hasEnded)).toBe(false);
  expect(ends.filter((end) => !mayFollow('new', end))).toEqual([]);
  // Whatever an order is doing, it can be canceled, and the close of the session ends it.
  const atClose: OrderStatus[] = ['canceled', 'expired', 'done_for_day'];
  const missing = open.flatMap((from) =>
    atClose.filter((to) => !mayFollow(from, to)).map((to) => [from, to]),
  );
  expect(missing).toEqual([]);
  // What is filled in part is not rejected.
  expect(mayFollow('partially_filled', 'rejected')).toBe(false);
});

test('a halted stock has no trades; its orders stay open until the close', () => {
  const assets = [{ symbol: 'AMZN', haltedAt: Date.parse('2026-01-05T14:45:00Z') }];
  const scene = new Scene({ assets, accounts: [PAPER] });
  const { body } = scene.order();
  scene.pass(60_000);
  expect(scene.ask(`GET /v2/orders/${String(body.id)}`).body.status).toBe('new');
  expect(scene.ask('GET /v2/stocks/AMZN/trades/latest').body.trade).toMatchObject({
    t: '2026-01-05T14:45:00.000Z',
  });
});

/** Plans that don't look at the order. */
const ANY = undefined as never;
