import { accept, buy, expectStopped, kinds, position, said, texts } from '../support/reconciling.ts';
import { TradingDesk } from '../support/trading-desk.ts';
import { Scene } from '../support/broker/scene.ts';
import { Decimal128 } from 'mongodb';
import { answered } from '../support/broker/faults.ts';

// What differs, and what becomes of it; docs/reconciliation.md has the kinds.
let desks: TradingDesk;
beforeEach(async () => {
  desks = await TradingDesk.open();
});
afterEach(() => desks.close());

const atBroker = (scene: Scene) => scene.engine.account('PA1').positions.get('AMZN')!;

describe('shares that differ', () => {
  test('by a manual order stop their symbol until they are accepted, on record', async () => {
    const scene = new Scene();
    await buy(desks, scene, '3');
    scene.order({ qty: '2' });
    scene.pass(1_000);
    const { differences } = await desks.at(scene).reconcile();
    expect(differences).toEqual([
      {
        ...{ symbol: 'AMZN', since: expect.any(String) as string, new: true, agrees: false },
        found: [{ kind: 'position', ledger: '3 shares', broker: '5 shares' }],
      },
    ]);
    await expectStopped(desks, scene);
    const since = differences[0]!.since;
    const [again] = (await desks.at(scene).reconcile()).differences;
    expect(again).toMatchObject({ new: false, agrees: false, since });
    await accept(desks, scene, '3', '5');
    expect(await position(desks)).toEqual(['5', '100', '0']);
    expect(await desks.ledger().adjustments.find().toArray()).toMatchObject([
      {
        symbol: 'AMZN',
        note: 'seen',
        found: [{ kind: 'position' }],
        before: { qty: Decimal128.fromString('3') },
      },
    ]);
    expect(said(await desks.at(scene).order({ qty: '5', type: 'sell' }))).toBe('sell 5 at 100');
  });

  test('are judged again where an order was being judged', async () => {
    const scene = new Scene();
    await buy(desks, scene, '3');
    scene.order({ qty: '2' });
    const { desk, order } = desks.at(scene);
    const replace = desk.books.replace.bind(desk.books);
    let comparisons = 0;
    desk.books.replace = async (read, next) => {
      if (comparisons++ === 0) await desks.at(scene).reconcile();
      return replace(read, next);
    };
    expect(said(await order({ qty: '1' }))).toBe('reconciliation');
  });

  test.each([
    ['4 for 1', '4', '1', '10', '40', '25'],
    ['1 for 4, with a part of a share', '1', '4', '10', '2.5', '400'],
    ['3 for 2', '3', '2', '9', '13.5', '66.66666666666666666666666666666667'],
  ])('by a split %s keep what they cost', async (_, newRate, oldRate, before, after, cost) => {
    const split = { symbol: 'AMZN', exDate: '2026-01-07', oldRate, newRate };
    const scene = new Scene({ splits: [split] });
    await buy(desks, scene, before);
    scene.at('2026-01-07T15:00:00Z');
    const found = await desks.at(scene).reconcile();
    expect(texts(found)).toEqual([
      {
        kind: 'split',
        ledger: `${before} shares`,
        broker: `${after} shares (split ${newRate} for ${oldRate}, 2026-01-07)`,
      },
    ]);
    await expectStopped(desks, scene);
    await accept(desks, scene, before, after);
    expect(await position(desks)).toEqual([after, cost, '0']);
  });

  test('by a reverse split whose parts are paid for are whole shares', async () => {
    const split = { symbol: 'AMZN', exDate: '2026-01-07', oldRate: '4', newRate: '1' };
    const scene = new Scene({ splits: [split] });
    await buy(desks, scene, '10');
    scene.at('2026-01-07T15:00:00Z');
    const own = atBroker(scene);
    [own.qty, own.cost] = [own.qty.trunc(), own.cost.times('0.8')];
    expect(kinds(await desks.at(scene).reconcile())).toEqual(['AMZN split']);
    await accept(desks, scene, '10', '2');
    expect(await position(desks)).toEqual(['2', '400', '0']);
  });

  test('in addition to a split are no split', async () => {
    const split = { symbol: 'AMZN', exDate: '2026-01-07', oldRate: '1', newRate: '4' };
    const scene = new Scene({ splits: [split] });
    await buy(desks, scene, '10');
    scene.at('2026-01-07T15:00:00Z');
    scene.order({ qty: '1' });
    expect(kinds(await desks.at(scene).reconcile())).toEqual(['AMZN position']);
    await accept(desks, scene, '10', '41');
    // What the broker says that they cost: $1,000 and $25.
    expect(await position(desks)).toEqual(['41', '25', '0']);
  });

  test('are gone, after a merger that is named', async () => {
    const scene = new Scene();
    await buy(desks, scene, '10');
    await desks.at(scene).order({ qty: '4', type: 'sell', price: '100.00' });
    scene.engine.account('PA1').positions.delete('AMZN');
    const merger = { acquiree_symbol: 'AMZN', effective_date: '2026-01-05', rate: 12.5, id: 'm' };
    const page = { corporate_actions: { cash_mergers: [merger] }, next_page_token: null };
    scene.engine.faults = ({ route }) =>
      route === 'GET /v1/corporate-actions' ? answered({ status: 200, body: page }) : undefined;
    const found = await desks.at(scene).reconcile();
    expect(texts(found)).toEqual([
      { kind: 'corporate-action', ledger: '6 shares', broker: '0 shares (cash merger, 2026-01-05)' },
    ]);
    await accept(desks, scene, '6', '0');
    expect(await position(desks)).toEqual(['0', '0', '0']);
  });

  test('stay so for orders although they agree by now, and then the command has nothing to change', async () => {
    const scene = new Scene();
    await buy(desks, scene, '3');
    scene.order({ qty: '2' });
    await desks.at(scene).reconcile();
    scene.order({ qty: '2', side: 'sell' });
    const { differences } = await desks.at(scene).reconcile();
    expect(differences).toMatchObject([{ symbol: 'AMZN', agrees: true, new: false }]);
    await expectStopped(desks, scene);
    await accept(desks, scene, '3', '3');
  });

  test('are accepted only as a person has seen them', async () => {
    const scene = new Scene();
    await buy(desks, scene, '3');
    scene.order({ qty: '2' });
    const unseen = await desks.at(scene).reconcile({ accept: true });
    expect([unseen.accepted, kinds(unseen)]).toEqual([[], ['AMZN position']]);
    scene.order({ qty: '1' });
    const changed = await desks.at(scene).reconcile({ accept: true });
    expect(changed.refused).toEqual([
      { symbol: 'AMZN', reason: expect.stringContaining('differs otherwise') as string },
    ]);
    expect(texts(changed)[0]!.broker).toBe('6 shares');
    await accept(desks, scene, '3', '6');
  });
});

describe('an attempt to accept that dies', () => {
  test('after its first write leaves what is on record once, whatever comes next', async () => {
    const scene = new Scene();
    await buy(desks, scene, '3');
    scene.order({ qty: '2' });
    await desks.at(scene).reconcile();
    const ledger = desks.ledger();
    const adjustments = Object.create(ledger.adjustments, {
      insertOne: { value: () => Promise.reject(new Error('died')) },
    }) as typeof ledger.adjustments;
    const dying = desks.at(scene, { ledger: { ...ledger, adjustments } }).reconcile({ accept: true });
    await expect(dying).rejects.toThrow('died');
    expect(await ledger.adjustments.countDocuments()).toBe(0);
    expect((await desks.book()).adjustment).toMatchObject({ symbol: 'AMZN' });
    expect(said(await desks.at(scene).order({ qty: '1' }))).toBe('buy 1 at 100');
    for (let comparison = 0; comparison < 2; comparison++) {
      expect(kinds(await desks.at(scene).reconcile({ full: true }))).toEqual([]);
    }
    expect(await ledger.adjustments.countDocuments()).toBe(1);
    expect((await desks.book()).adjustment).toBeUndefined();
  });

  test('before its first write leaves the difference', async () => {
    const scene = new Scene();
    await buy(desks, scene, '3');
    scene.order({ qty: '2' });
    await desks.at(scene).reconcile();
    const { desk, reconcile } = desks.at(scene);
    desk.books.replace = () => Promise.reject(new Error('died'));
    await expect(reconcile({ accept: true })).rejects.toThrow('died');
    expect(await position(desks)).toEqual(['3', '100', '0']);
    await accept(desks, scene, '3', '5');
  });
});

describe('the trades of a symbol', () => {
  test('that do not add up to its book are found when that is asked for, and accepted', async () => {
    const scene = new Scene();
    await buy(desks, scene, '3');
    await buy(desks, scene, '4');
    await desks.ledger().trades.deleteOne({ qty: Decimal128.fromString('3') });
    // The trade of the last order would be written again from the book.
    expect(kinds(await desks.at(scene).reconcile())).toEqual([]);
    const found = await desks.at(scene).reconcile({ full: true });
    expect(texts(found)).toEqual([
      { kind: 'trades', ledger: '7 shares, by its trades 4 shares', broker: '7 shares' },
    ]);
    await accept(desks, scene, '4', '7');
    expect(await position(desks)).toEqual(['7', '100', '0']);
  });

  test('that an attempt which died had not written are written', async () => {
    const scene = new Scene();
    await buy(desks, scene, '3');
    await desks.ledger().trades.deleteMany({});
    expect(kinds(await desks.at(scene).reconcile({ full: true }))).toEqual([]);
    expect(await desks.ledger().trades.countDocuments()).toBe(1);
  });
});
