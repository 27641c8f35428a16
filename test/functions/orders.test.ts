import type { TradeDocument } from '../../functions/contracts/ledger.ts';
import type { Refusal } from '../../functions/contracts/trade.ts';
import { wouldRefuse } from '../../functions/ledger/trade.ts';
import { Ledger as LedgerCommands } from '../../orchestrator/trading/ledger.ts';
import {
  failedAfter,
  lateEffect,
  lostAfter,
  lostBefore,
  badKeys,
  nonsense,
  notSeen,
  script,
  throttled,
} from '../support/broker/faults.ts';
import type { Fault, FaultPlan } from '../support/broker/types.ts';
import { byKey, endsAs, inParts, neverFilled } from '../support/broker/plans.ts';
import { PAPER, Scene } from '../support/broker/scene.ts';
import { TradingDesk } from '../support/trading-desk.ts';

// The functions' own code on a real store, and the broker as its documentation says; docs/orders.md has the states.
let desks: TradingDesk;
beforeEach(async () => {
  desks = await TradingDesk.open();
});
afterEach(() => desks.close());

const POST = 'POST /v2/orders';
const said = (answer: TradeDocument | Refusal) =>
  'refused' in answer ? answer.limit : `${answer.type} ${String(answer.qty)} at ${String(answer.price)}`;
const held = (scene: Scene, symbol = 'AMZN') =>
  scene.engine.account('PA1').positions.get(symbol)?.qty.toFixed() ?? '0';
const placed = (scene: Scene) => scene.engine.orders('PA1').length;
const failure = { name: 'OrderPendingError' };

/** What a workflow does: tries again, a while later, what may pass. */
async function until(scene: Scene, attempt: () => Promise<TradeDocument | Refusal>): Promise<string> {
  for (let attempts = 0; attempts < 12; attempts++) {
    const answer = await attempt().catch((error: Error) => error);
    if (!(answer instanceof Error)) return said(answer);
    if (!/^(OrderPending|BrokerUnavailable)Error$/.test(answer.name)) throw answer;
    scene.pass(10_000);
  }
  return 'pending';
}

/** The next looks for an order by its key find nothing. */
function hiding(faults: Fault[]): FaultPlan {
  const left = [...faults];
  return ({ route }) => (route === 'GET /v2/orders:by_client_order_id' ? left.shift() : undefined);
}

describe('a way out', () => {
  test('is not blocked by a selling run that failed before its order was let go', async () => {
    const scene = new Scene();
    expect(said(await desks.at(scene).order({ qty: '1' }))).toBe('buy 1 at 100');
    scene.engine.faults = script({ 'GET /v2/clock': [undefined, badKeys()] });
    await expect(desks.at(scene).order({ type: 'sell', qty: '1' })).rejects.toMatchObject({
      name: 'BrokerKeysError',
    });
    scene.at('2026-01-08T15:00:00Z');
    expect(said(await desks.at(scene).order({ type: 'sell', qty: '1' }))).toBe('sell 1 at 100');
  });

  test('is as long as what is there: what was bought in part is sold in part', async () => {
    const scene = new Scene({ courses: inParts([[0, '2', '100']]) });
    expect(said(await desks.at(scene).order({ qty: '3' }))).toBe('buy 2 at 100');
    scene.engine.courses = inParts([[0]]);
    const sold = await desks.at(scene).order({ key: 'out', type: 'sell', qty: '3' });
    expect(sold).toMatchObject({ type: 'sell' });
    expect(String((sold as TradeDocument).ordered?.qty)).toBe('3');
    expect(held(scene)).toBe('0');
    expect(await desks.at(scene).order({ key: 'out', type: 'sell', qty: '3' })).toEqual(sold);
  });

  test('is open after an attempt that died: each judgement, for an order or for a check, finds out', async () => {
    for (const finds of ['order', 'check']) {
      const scene = new Scene();
      const ledger = desks.ledger(`${desks.ledger().books.dbName}-${finds}`);
      const on = () => desks.at(scene, { ledger });
      await on().order({ qty: '2' });
      scene.engine.faults = script({ [POST]: [undefined, lostBefore()] });
      await expect(on().order({ type: 'sell', qty: '2' })).rejects.toMatchObject(failure);
      const next = desks.asked({ type: 'sell', qty: '2' });
      expect((await wouldRefuse(on().desk, next))?.limit).toBe('short-selling');
      scene.pass(61_000);
      if (finds === 'check') expect(await wouldRefuse(on().desk, next)).toBeUndefined();
      else expect(said(await on().order(next))).toBe('sell 2 at 100');
    }
  });
});

describe('what was let go', () => {
  test.each<[string, ConstructorParameters<typeof Scene>[0]]>([
    ['its answer is lost', { faults: script({ [POST]: [lostAfter()] }) }],
    ['its request is lost', { faults: script({ [POST]: [lostBefore()] }) }],
    ['its request comes late', { faults: script({ [POST]: [lateEffect(4_000)] }) }],
    ['it is done, and answered as failed', { faults: script({ [POST]: [failedAfter()] }) }],
    ['its answer is nonsense', { faults: script({ [POST]: [nonsense()] }) }],
    [
      'the keys are refused after it',
      { faults: script({ 'GET /v2/orders:by_client_order_id': [badKeys()] }), courses: inParts([[2_000]]) },
    ],
    [
      'it is not shown at first',
      {
        faults: script({ 'GET /v2/orders:by_client_order_id': [notSeen(), notSeen()] }),
        courses: inParts([[2_000]]),
      },
    ],
    [
      'its cancellation is limited',
      { faults: script({ 'DELETE /v2/orders/{id}': [throttled()] }), courses: inParts([[8_000]]) },
    ],
    [
      'the broker takes some seconds',
      { courses: inParts([[9_000]], { cancel: { afterMs: 20_000, refused: true } }) },
    ],
  ])('is one order and one trade: %s', async (_, options) => {
    const scene = new Scene({ ...options, judgesKeyLast: true });
    const attempt = () => desks.at(scene).order({ key: 'one' });
    expect(await until(scene, attempt)).toBe('buy 3 at 100');
    expect(placed(scene)).toBe(1);
    expect(held(scene)).toBe('3');
    expect(String((await desks.book()).position.qty)).toBe('3');
    expect(await desks.ledger().trades.countDocuments()).toBe(1);
  });

  test('counts, and is found by the next order, where its own run has given up', async () => {
    desks.limits = { maxPosition: '5', allowShortSelling: false };
    const scene = new Scene({ faults: script({ [POST]: [lostAfter()] }) });
    await expect(desks.at(scene).order({ key: 'first', qty: '3' })).rejects.toMatchObject(failure);
    expect(said(await desks.at(scene).order({ qty: '3' }))).toBe('position');
    scene.pass(10_000);
    expect(said(await desks.at(scene).order({ qty: '2' }))).toBe('buy 2 at 100');
    expect(await desks.ledger().trades.findOne({ _id: 'first' })).toMatchObject({ type: 'buy' });
    expect(held(scene)).toBe('5');
  });

  test('is not placed in addition to another one by a retry that comes after a minute', async () => {
    desks.limits = { maxPosition: '100', allowShortSelling: false };
    const scene = new Scene({ faults: script({ [POST]: [lostBefore()] }) });
    await expect(desks.at(scene).order({ key: 'slow', qty: '75' })).rejects.toMatchObject(failure);
    scene.pass(60_001);
    expect(said(await desks.at(scene).order({ qty: '75' }))).toBe('buy 75 at 100');
    expect(said(await desks.at(scene).order({ key: 'slow', qty: '75' }))).toBe('position');
    expect(held(scene)).toBe('75');
  });

  test('is not answered as refused while an earlier request for it may be on its way', async () => {
    const scene = new Scene({
      faults: script({ [POST]: [lateEffect(30_000)] }),
      accounts: [{ ...PAPER, cash: '300' }],
    });
    await expect(desks.at(scene).order({ key: 'late', qty: '3' })).rejects.toMatchObject(failure);
    scene.order({ symbol: 'MSFT', qty: '1' });
    expect(await until(scene, () => desks.at(scene).order({ key: 'late', qty: '3' }))).not.toBe('pending');
    const trades = await desks.ledger().trades.countDocuments();
    expect(held(scene)).toBe(trades === 1 ? '3' : '0');
  });

  // Beyond what the ledger waits for: in the simulator an order is shown before that.
  test.each([false, true])(
    'is not answered as refused where the market has it and does not show it; it judges the key last: %s',
    async (judgesKeyLast) => {
      const scene = new Scene({
        ...{
          faults: script({ [POST]: [lostAfter()] }),
          accounts: [{ ...PAPER, cash: '300' }],
          judgesKeyLast,
        },
      });
      await expect(desks.at(scene).order({ key: 'hidden' })).rejects.toMatchObject(failure);
      scene.pass(61_000);
      // Once before the order goes again, and, where the market names its key, once after it.
      const hidden = judgesKeyLast ? [notSeen()] : [notSeen(), notSeen()];
      scene.engine.faults = hiding(hidden);
      expect(await until(scene, () => desks.at(scene).order({ key: 'hidden' }))).toBe('buy 3 at 100');
      expect(placed(scene)).toBe(1);
    },
  );

  test.each([
    ['rejected', endsAs('rejected')],
    ['not-filled', endsAs('expired')],
    ['not-filled', neverFilled],
  ])('is taken back if nothing of it is filled: %s', async (limit, courses) => {
    const scene = new Scene({ courses });
    const first = await desks.at(scene).order({ key: 'none' });
    expect(said(first)).toBe(limit);
    expect(await desks.at(scene).order({ key: 'none' })).toEqual(first);
    expect(placed(scene)).toBe(1);
  });

  test('has an average price of thirteen decimals', async () => {
    const scene = new Scene({
      courses: inParts([
        [0, '1', '100.01'],
        [0, '1', '100.02'],
        [0, '1', '100.02'],
      ]),
    });
    expect(said(await desks.at(scene).order({ qty: '3' }))).toBe('buy 3 at 100.0166666666667');
  });
});

describe('a halt', () => {
  const commands = (desks: TradingDesk) => {
    const { trades, books } = desks.ledger();
    const db = { collection: (name: string) => (name === 'trades' ? trades : books) };
    return new LedgerCommands({ ActionModel: { db: { db } } } as never, undefined as never);
  };

  test('holds for an order that was judged before it', async () => {
    const scene = new Scene();
    await desks.at(scene).order({ qty: '1' });
    const { desk, order } = desks.at(scene);
    const replace = desk.books.replace.bind(desk.books);
    let halts = 0;
    desk.books.replace = async (read, next) => {
      if (halts++ === 0) await commands(desks).halt('now');
      return replace(read, next);
    };
    expect(said(await order({ qty: '1' }))).toBe('halted');
    expect(placed(scene)).toBe(1);
    await commands(desks).unhalt();
    expect(said(await desks.at(scene).order({ qty: '1' }))).toBe('buy 1 at 100');
  });

  test('holds for a retry of an order that never reached the market', async () => {
    const scene = new Scene({ faults: script({ [POST]: [lostBefore()] }) });
    const attempt = () => desks.at(scene).order({ key: 'halted' });
    await expect(attempt()).rejects.toMatchObject(failure);
    await commands(desks).halt(undefined);
    expect(await until(scene, attempt)).toBe('halted');
    expect(placed(scene)).toBe(0);
  });
});

describe('a key', () => {
  test('with another order is refused, also while the first one is under way', async () => {
    const scene = new Scene({ faults: script({ [POST]: [lostAfter()] }) });
    await expect(desks.at(scene).order({ key: 'k', qty: '3' })).rejects.toMatchObject(failure);
    await expect(desks.at(scene).order({ key: 'k', qty: '4' })).rejects.toMatchObject({
      name: 'IdempotencyConflictError',
    });
    expect(placed(scene)).toBe(1);
  });

  test('that two ledgers have is two orders, whose names tell the ledgers apart', async () => {
    const scene = new Scene();
    for (const name of ['one', 'two']) {
      const ledger = desks.ledger(`${desks.ledger().books.dbName}-${name}`);
      expect(said(await desks.at(scene, { ledger }).order({ key: 'same' }))).toBe('buy 3 at 100');
    }
    const names = scene.engine.orders('PA1').map(({ clientOrderId }) => clientOrderId);
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{12}-same$/);
  });

  test('of 128 characters fits into what the broker takes', async () => {
    const scene = new Scene();
    await desks.at(scene).order({ key: 'k'.repeat(128) });
    expect(scene.engine.orders('PA1')[0]!.clientOrderId).toMatch(/^[0-9a-f]{12}-[0-9a-f]{64}$/);
  });
});

test('a ledger of another account is refused, and nothing is traded', async () => {
  const other = { ...PAPER, keyId: 'PKFAKE2', accountNumber: 'PA2' };
  const scene = new Scene({ accounts: [PAPER, other], courses: byKey({}) });
  await desks.at(scene).order({ qty: '1' });
  const failed = desks.at(scene, { account: other }).order({ type: 'sell', qty: '1' });
  await expect(failed).rejects.toMatchObject({ name: 'LedgerVenueError' });
  await expect(failed).rejects.toThrow('has the trades of alpaca-paper PA1');
  expect(scene.engine.orders('PA2')).toHaveLength(0);
});
