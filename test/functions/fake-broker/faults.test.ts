import * as faults from '../../support/broker/faults.ts';
import { neverFilled } from '../../support/broker/plans.ts';
import { PAPER, Scene } from '../../support/broker/scene.ts';
import type { Fault } from '../../support/broker/types.ts';

const meets = (route: string, ...all: (Fault | undefined)[]) =>
  new Scene({ faults: faults.script({ [route]: all }) });
const find = (scene: Scene) => scene.ask('GET /v2/orders:by_client_order_id?client_order_id=key-1').status;

// https://alpaca.markets/support/usage-limit-api-calls; https://forum.alpaca.markets/t/12029 has the headers.
test('over the limit of requests the answer is 429, with the time when it ends; each API and account has its own', () => {
  const other = { ...PAPER, keyId: 'PKFAKE2', accountNumber: 'PA2' };
  const scene = new Scene({ requestsPerMinute: 2, accounts: [PAPER, other] });
  scene.pass(30_000);
  const remaining = () => {
    const { reply } = scene.deliver('GET /v2/clock');
    return reply === 'lost' ? undefined : [reply.status, reply.headers!['x-ratelimit-remaining']];
  };
  expect([remaining(), remaining(), remaining()]).toEqual([
    [200, '1'],
    [200, '0'],
    [429, '0'],
  ]);
  expect(scene.deliver('GET /v2/clock').reply).toMatchObject({
    headers: {
      'x-ratelimit-limit': '2',
      'x-ratelimit-reset': String(Date.parse('2026-01-05T15:01:00Z') / 1_000),
    },
    body: { code: 42910000, message: 'rate limit exceeded' },
  });
  expect(scene.order().status).toBe(429);
  expect(scene.ask('GET /v2/stocks/AMZN/trades/latest').status).toBe(200);
  expect(scene.ask('GET /v2/clock', undefined, other).status).toBe(200);
  scene.pass(30_000);
  expect(remaining()).toEqual([200, '1']);
  expect(scene.engine.orders('PA1')).toEqual([]);
});

test('wrong keys are 403, without a code', () => {
  const scene = new Scene();
  const wrong = { ...PAPER, secretKey: 'other' };
  expect(scene.order({}, wrong)).toEqual({ status: 403, body: { message: 'forbidden.' } });
  expect(scene.engine.orders('PA1')).toEqual([]);
});

test.each([
  ['throttled', faults.throttled(), 429, 0],
  ['unavailable', faults.unavailable(), 503, 0],
  ['bad keys', faults.badKeys(), 403, 0],
  ['failed after the effect', faults.failedAfter(), 500, 1],
  ['nonsense', faults.nonsense(), 200, 1],
  ['lost before the effect', faults.lostBefore(), 'lost', 0],
  ['lost after the effect', faults.lostAfter(), 'lost', 1],
])('%s: the answer, and how many orders there are', (_, fault, status, orders) => {
  const scene = meets('POST /v2/orders', fault);
  const { reply } = scene.deliver('POST /v2/orders', ORDER);
  expect(reply === 'lost' ? reply : reply.status).toBe(status);
  expect(scene.engine.orders('PA1')).toHaveLength(orders);
  // The next one of the route is as usual.
  expect(scene.order({ client_order_id: 'key-2' }).status).toBe(200);
});

test('a request can have its effect after its client has given up', () => {
  const scene = meets('POST /v2/orders', faults.lateEffect(5_000));
  expect(scene.deliver('POST /v2/orders', ORDER).reply).toBe('lost');
  expect(find(scene)).toBe(404);
  expect(scene.engine.nextEventAt()).toBe(scene.now + 5_000);
  scene.pass(5_000);
  expect(find(scene)).toBe(200);
  // Meanwhile the client has placed it again: there is one for the key.
  expect(scene.order({ client_order_id: 'key-1' }).status).toBe(422);
});

test('of two requests for a key, the late one is refused', () => {
  const scene = meets('POST /v2/orders', faults.lateEffect(5_000));
  scene.deliver('POST /v2/orders', ORDER);
  expect(scene.order({ client_order_id: 'key-1' }).status).toBe(200);
  scene.pass(5_000);
  expect(scene.engine.orders('PA1')).toHaveLength(1);
});

test('an order is not seen just after it was placed', () => {
  const scene = meets('GET /v2/orders:by_client_order_id', faults.notSeen());
  scene.order({ client_order_id: 'key-1' });
  expect([find(scene), find(scene)]).toEqual([404, 200]);
});

test('a cancellation is over the limit, and its order goes on', () => {
  const scene = meets('DELETE /v2/orders/{id}', undefined, faults.throttled());
  scene.engine.courses = neverFilled;
  const [first, second] = [scene.order(), scene.order()].map(({ body }) => String(body.id));
  expect(scene.ask(`DELETE /v2/orders/${first}`).status).toBe(204);
  expect(scene.ask(`DELETE /v2/orders/${second}`).status).toBe(429);
  expect(scene.engine.orders('PA1').map(({ status }) => status)).toEqual(['canceled', 'new']);
});

test('a slow answer has its effect at once', () => {
  const scene = meets('POST /v2/orders', faults.slow(3_000));
  expect(scene.deliver('POST /v2/orders', ORDER)).toMatchObject({ delayMs: 3_000, reply: { status: 200 } });
  expect(find(scene)).toBe(200);
});

test('each request is on record, without the keys', () => {
  const scene = meets('GET /v2/clock', faults.lostBefore());
  scene.deliver('GET /v2/clock');
  scene.ask('GET /v2/orders?status=all');
  scene.ask('GET /v2/nothing');
  const common = { at: scene.now, accountNumber: 'PA1', body: '', isFaulty: false };
  expect(scene.engine.requests).toEqual([
    { ...common, route: 'GET /v2/clock', path: '/v2/clock', query: '', status: 'lost', isFaulty: true },
    { ...common, route: 'GET /v2/orders', path: '/v2/orders', query: 'status=all', status: 200 },
    { ...common, route: 'GET /v2/nothing', path: '/v2/nothing', query: '', status: 404 },
  ]);
});

const ORDER = {
  ...{
    symbol: 'AMZN',
    side: 'buy',
    type: 'market',
    time_in_force: 'day',
    qty: '3',
    client_order_id: 'key-1',
  },
};
