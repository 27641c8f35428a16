import { accept, buy, kinds } from '../support/reconciling.ts';
import { TradingDesk } from '../support/trading-desk.ts';
import { Scene } from '../support/broker/scene.ts';
import { answered, badKeys, nonsense, script, throttled, unavailable } from '../support/broker/faults.ts';

// What a broker may answer to a comparison.
let desks: TradingDesk;
beforeEach(async () => {
  desks = await TradingDesk.open();
});
afterEach(() => desks.close());

describe("the broker's answer", () => {
  const answers = (route: string, body: unknown) => (asked: { route: string }) =>
    asked.route === route ? nonsense(body) : undefined;
  const own = { qty: '10', side: 'long', avg_entry_price: '100', symbol: 'AMZN', asset_class: 'us_equity' };

  test.each([
    ['an object', 'GET /v2/positions', { message: 'hello' }],
    ['a quantity that is a number', 'GET /v2/positions', [{ ...own, qty: 10 }]],
    ['a quantity in words', 'GET /v2/positions', [{ ...own, qty: 'ten' }]],
    ['a long position below zero', 'GET /v2/positions', [{ ...own, qty: '-10' }]],
    ['another side', 'GET /v2/positions', [{ ...own, side: 'both' }]],
    ['a symbol twice', 'GET /v2/positions', [own, own]],
    ['an order without an id', 'GET /v2/orders', [{ client_order_id: 'x', status: 'new' }]],
    ['orders that are a text', 'GET /v2/orders', 'none'],
  ])('that is not documented is an error, and nothing is written: %s', async (_, route, body) => {
    const scene = new Scene();
    await buy(desks, scene, '10');
    scene.engine.faults = answers(route, body);
    await expect(desks.at(scene).reconcile()).rejects.toThrow('The broker');
    expect((await desks.book()).difference).toBeUndefined();
    scene.engine.faults = script({ [route]: [throttled(), throttled()] });
    await expect(desks.at(scene).reconcile()).rejects.toMatchObject({});
  });

  test('may have positions and orders of options and crypto, whose members are others', async () => {
    const scene = new Scene();
    await buy(desks, scene, '10');
    const option = { asset_class: 'us_option', symbol: 'AMZN260116C00100000', qty: '1', side: 'long' };
    const legs = {
      id: 'o',
      client_order_id: 'legs',
      status: 'new',
      asset_class: '',
      symbol: null,
      side: null,
    };
    scene.engine.faults = ({ route }) =>
      route === 'GET /v2/positions'
        ? answered({ status: 200, body: [option, own] })
        : route === 'GET /v2/orders'
          ? answered({ status: 200, body: [legs] })
          : undefined;
    expect(await desks.at(scene).reconcile()).toMatchObject({ compared: 1, differences: [] });
  });

  test('about corporate actions may be missing: the shares differ all the same, and are not accepted', async () => {
    const scene = new Scene({
      splits: [{ symbol: 'AMZN', exDate: '2026-01-07', oldRate: '1', newRate: '4' }],
    });
    await buy(desks, scene, '10');
    scene.at('2026-01-07T15:00:00Z');
    for (const fault of [unavailable(), nonsense({ corporate_actions: { forward_splits: [{}] } })]) {
      scene.engine.faults = ({ route }) => (route === 'GET /v1/corporate-actions' ? fault : undefined);
      expect(kinds(await desks.at(scene).reconcile())).toEqual(['AMZN position']);
      await expect(desks.at(scene).reconcile({ accept: true })).rejects.toThrow(/broker/i);
    }
    scene.engine.faults = () => undefined;
    expect(kinds(await desks.at(scene).reconcile())).toEqual(['AMZN split']);
    await accept(desks, scene, '10', '40');
  });

  test('that refuses the keys is an error that says so', async () => {
    const scene = new Scene();
    await buy(desks, scene, '10');
    scene.engine.faults = script({ 'GET /v2/positions': [badKeys()] });
    await expect(desks.at(scene).reconcile()).rejects.toMatchObject({ name: 'BrokerKeysError' });
  });

  test('has open orders in pages', async () => {
    const scene = new Scene();
    await buy(desks, scene, '10');
    const name = (await desks.ledger().account.findOne({ _id: 'account' }))!.ledger!;
    const open = (id: string, key: string) => ({
      ...{ id, client_order_id: key, symbol: 'AMZN', side: 'buy', qty: '1', status: 'new' },
    });
    const full = Array.from({ length: 500 }, (_, index) => open(`id-${index}`, `key-${index}`));
    scene.engine.faults = ({ route, asked }) => {
      if (route !== 'GET /v2/orders') return undefined;
      const before = asked.query.get('before_order_id');
      const body = before === null ? full : before === 'id-499' ? [open('last', `${name}-late`)] : [];
      return answered({ status: 200, body });
    };
    expect(kinds(await desks.at(scene).reconcile())).toEqual(['AMZN order']);
    scene.engine.faults = ({ route }) =>
      route === 'GET /v2/orders' ? answered({ status: 200, body: full }) : undefined;
    await expect(desks.at(scene).reconcile()).rejects.toThrow('more than 2500 open orders');
  });
});
