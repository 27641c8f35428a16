import { PAPER, Scene } from '../../support/broker/scene.ts';

const SPLIT = { symbol: 'AMZN', exDate: '2026-01-06', oldRate: '1', newRate: '4' };
const REVERSE = { symbol: 'MSFT', exDate: '2026-01-07', oldRate: '3', newRate: '1' };
const DIVIDEND = { symbol: 'AMZN', exDate: '2026-01-08', payableDate: '2026-01-12', rate: '0.25' };
const accounts = [
  {
    ...PAPER,
    positions: [
      { symbol: 'AMZN', qty: '10', price: '80' },
      { symbol: 'MSFT', qty: '10', price: '90' },
    ],
  },
];
const after = (instant: string) => {
  const scene = new Scene({ accounts, splits: [SPLIT, REVERSE], dividends: [DIVIDEND] });
  scene.at(instant);
  return scene;
};
const closes = (scene: Scene, adjustment: string, symbol = 'AMZN') => {
  const query = `timeframe=1Day&start=2026-01-02T00:00:00Z&adjustment=${adjustment}`;
  const { bars } = scene.ask(`GET /v2/stocks/${symbol}/bars?${query}`).body as unknown as {
    bars: { c: number }[];
  };
  return bars.map(({ c }) => c);
};

test('a split multiplies shares and divides prices; what the shares cost and are worth stays', () => {
  expect(after('2026-01-06T04:59:59Z').ask('GET /v2/positions/AMZN').body).toMatchObject({ qty: '10' });
  const scene = after('2026-01-06T15:00:00Z');
  expect(scene.ask('GET /v2/positions/AMZN').body).toMatchObject({
    ...{ qty: '40', avg_entry_price: '20', cost_basis: '800', current_price: '25', market_value: '1000' },
  });
  expect(scene.ask('GET /v2/stocks/AMZN/trades/latest').body.trade).toMatchObject({ p: 25 });
  expect(scene.ask('GET /v2/account').body).toMatchObject({ equity: '102000', last_equity: '102000' });
});

// https://alpaca.markets/blog/updated-terms-for-payments-in-fractional-shares/
test('a reverse split leaves parts of shares', () => {
  const scene = after('2026-01-07T15:00:00Z');
  expect(scene.ask('GET /v2/positions/MSFT').body).toMatchObject({
    qty: '3.333333333',
    current_price: '300',
  });
});

test('bars are raw if nothing is said, and the same on both sides of a split if adjusted for it', () => {
  const scene = after('2026-01-07T15:00:00Z');
  expect(closes(scene, 'raw')).toEqual([100, 100, 25, 25]);
  expect(closes(scene, 'split')).toEqual([25, 25, 25, 25]);
  expect(closes(scene, 'all')).toEqual([25, 25, 25, 25]);
  expect(closes(scene, 'raw', 'MSFT')).toEqual([100, 100, 100, 300]);
  expect(closes(scene, 'split', 'MSFT')).toEqual([300, 300, 300, 300]);
  // Before it is known, nothing is adjusted.
  expect(closes(after('2026-01-05T21:00:00Z'), 'split')).toEqual([100, 100]);
});

test('bars of before a dividend are lower by its share, if adjusted for it', () => {
  const scene = after('2026-01-08T15:00:00Z');
  expect(closes(scene, 'dividend')).toEqual([99, 99, 24.75, 24.75, 25]);
  expect(closes(scene, 'all')).toEqual([24.75, 24.75, 24.75, 24.75, 25]);
});

test('a dividend is paid for the shares that were held when its day began', () => {
  const scene = after('2026-01-08T15:00:00Z');
  scene.order({ side: 'sell', qty: '40' });
  scene.at('2026-01-12T15:00:00Z');
  // 40 shares sold at $25, and $0.25 for each of them.
  expect(scene.ask('GET /v2/account').body.cash).toBe('101010');
  expect(scene.ask('GET /v2/account/activities/DIV').body).toMatchObject([
    { activity_type: 'DIV', symbol: 'AMZN', qty: '40', net_amount: '10', per_share_amount: '0.25' },
  ]);
  expect(scene.ask('GET /v2/account/activities/SPLIT').body).toMatchObject([
    { symbol: 'MSFT', qty: '-6.666666667' },
    { symbol: 'AMZN', qty: '30' },
  ]);
});

// https://docs.alpaca.markets/reference/corporateactions-1
test('corporate actions are listed by day, symbol and kind', () => {
  const scene = after('2026-01-06T15:00:00Z');
  const asked = (query: string) => scene.ask(`GET /v1/corporate-actions?${query}`).body.corporate_actions;
  expect(asked('start=2026-01-01&end=2026-01-31')).toMatchObject({
    forward_splits: [{ symbol: 'AMZN', old_rate: 1, new_rate: 4, ex_date: '2026-01-06' }],
    reverse_splits: [{ symbol: 'MSFT', old_rate: 3, new_rate: 1, ex_date: '2026-01-07' }],
    cash_dividends: [{ symbol: 'AMZN', rate: 0.25, ex_date: '2026-01-08', payable_date: '2026-01-12' }],
  });
  // Without days, those of today.
  expect(Object.keys(asked('') as object)).toEqual(['forward_splits']);
  expect(asked('symbols=TSLA')).toEqual({});
  expect(Object.keys(asked('start=2026-01-01&end=2026-01-31&types=reverse_split') as object)).toEqual([
    'reverse_splits',
  ]);
});

test('the older endpoint announces them too', () => {
  const scene = after('2026-01-05T15:00:00Z');
  const query = 'ca_types=split&since=2026-01-01&until=2026-01-31&symbol=AMZN';
  expect(scene.ask(`GET /v2/corporate_actions/announcements?${query}`).body).toMatchObject([
    { ca_type: 'split', ca_sub_type: 'stock_split', old_rate: '1', new_rate: '4', ex_date: '2026-01-06' },
  ]);
});
