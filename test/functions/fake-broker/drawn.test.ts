import { Money } from '../../../functions/shared/money.ts';
import { Random } from '../../simulator/random.ts';
import { drawnFaults } from '../../support/broker/faults.ts';
import { drawnCourses } from '../../support/broker/plans.ts';
import { PAPER, Scene } from '../../support/broker/scene.ts';

const SYMBOLS = ['AMZN', 'MSFT', 'HARD'];
const PLACED = 300;

/** A day of orders, cancellations and looks, all drawn by one seed. */
function day(seed: string) {
  const random = new Random(seed);
  const draw = () => random.next();
  const scene = new Scene({
    accounts: [{ ...PAPER, shortingEnabled: true, cash: '10000000' }],
    price: (symbol, at) =>
      new Money(100)
        .plus(((at / 1_000) % 97) * 0.01)
        .plus(symbol.length)
        .toFixed(2),
    courses: drawnCourses(draw),
    faults: drawnFaults(draw, 0.1),
    requestsPerMinute: Infinity,
  });
  const answers: unknown[] = [];
  for (let count = 0; count < PLACED; count++) {
    const next = scene.engine.nextEventAt() ?? Infinity;
    scene.now = random.chance(0.3) && next < scene.now + 60_000 ? next : scene.now + random.whole(0, 60_000);
    const size = random.chance(0.3)
      ? { notional: '250.75' }
      : { qty: random.pick(['1', '3', '0.123456789', '40']) };
    answers.push(
      scene.deliver('POST /v2/orders', {
        ...{ symbol: random.pick(SYMBOLS), side: random.pick(['buy', 'sell']), type: 'market', ...size },
        ...{ time_in_force: 'day', client_order_id: `key-${count}` },
      }),
    );
    const order = scene.engine.orders('PA1').at(-1);
    if (order && random.chance(0.3)) answers.push(scene.deliver(`DELETE /v2/orders/${order.id}`));
    answers.push(
      scene.deliver(random.pick(['GET /v2/orders?status=all', 'GET /v2/account', 'GET /v2/positions'])),
    );
  }
  scene.at('2026-01-05T22:00:00Z');
  return { scene, answers };
}

test('the same seed gives the same course, to the letter; another one does not', () => {
  const [one, again, other] = [day('1'), day('1'), day('2')].map(({ scene, answers }) =>
    JSON.stringify([answers, scene.engine.requests, scene.ask('GET /v2/account/activities').body]),
  );
  expect(again).toBe(one);
  expect(other).not.toBe(one);
});

test('drawn courses reach each end and each rare state, and drawn faults each kind', () => {
  const { scene, answers } = day('3');
  const ends = new Set(scene.engine.orders('PA1').map(({ status }) => status));
  expect([...ends].sort()).toEqual(['canceled', 'done_for_day', 'expired', 'filled', 'rejected', 'replaced']);
  const text = JSON.stringify(answers);
  for (const state of ['stopped', 'suspended', 'pending_cancel', 'partially_filled', 'pending_new']) {
    expect(text).toContain(`"status":"${state}"`);
  }
  const statuses = new Set(
    scene.engine.requests.filter(({ isFaulty }) => isFaulty).map(({ status }) => status),
  );
  expect([...statuses].map(String).sort()).toEqual(
    expect.arrayContaining(['200', '403', '404', '429', '500', '503', 'lost']),
  );
});

test('cash and positions are what the trades make them, to the cent and the share', () => {
  const { scene } = day('4');
  const orders = scene.engine.orders('PA1');
  const { cash, positions } = scene.engine.account('PA1');
  const signed = (side: string, amount: Money) => (side === 'buy' ? amount : amount.neg());
  const spent = orders.reduce(
    (sum, { side, filledValue }) => sum.plus(signed(side, filledValue)),
    new Money(0),
  );
  expect(cash.toFixed()).toBe(new Money('10000000').minus(spent).toFixed());
  for (const symbol of SYMBOLS) {
    const bought = orders
      .filter((order) => order.symbol === symbol)
      .reduce((sum, { side, filledQty }) => sum.plus(signed(side, filledQty)), new Money(0));
    expect(positions.get(symbol)?.qty.toFixed() ?? '0').toBe(bought.toFixed());
  }
  const overfilled = orders.filter(({ qty, filledQty }) => qty && filledQty.greaterThan(qty));
  expect(overfilled).toEqual([]);
  const overspent = orders.filter(
    ({ notional, filledValue }) => notional && filledValue.greaterThan(notional),
  );
  expect(overspent).toEqual([]);
  const keys = orders.map(({ clientOrderId }) => clientOrderId);
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(orders.map(({ id }) => id)).size).toBe(orders.length);
});
