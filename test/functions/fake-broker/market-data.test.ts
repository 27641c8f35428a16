import { MONDAY, PAPER, Scene } from '../../support/broker/scene.ts';

interface Bar {
  t: string;
  o: number;
  h: number;
  l: number;
  c: number;
  v: number;
}

/** A dollar more each minute of Monday, from $100 at 09:30. */
const rising = (_: string, at: number) => String(100 + Math.floor((at - MONDAY) / 60_000) + 30);

const barsOf = (scene: Scene, query: string) =>
  scene.ask(`GET /v2/stocks/AMZN/bars?${query}`).body as unknown as {
    bars: Bar[] | null;
    next_page_token: string | null;
  };
const labels = (scene: Scene, query: string) => (barsOf(scene, query).bars ?? []).map(({ t }) => t);

// https://docs.alpaca.markets/reference/stockbars
test('a bar is labelled by its start, and the one that is under way is among them', () => {
  const scene = new Scene({ price: rising });
  scene.at('2026-01-05T15:02:00Z');
  const { bars } = barsOf(scene, 'timeframe=5Min&start=2026-01-05T14:50:00Z');
  expect(bars).toMatchObject([
    { t: '2026-01-05T14:50:00Z', o: 120, h: 124, l: 120, c: 124 },
    { t: '2026-01-05T14:55:00Z', o: 125, h: 129, l: 125, c: 129 },
    { t: '2026-01-05T15:00:00Z', o: 130, h: 132, l: 130, c: 132 },
  ]);
});

test('start and end are both included', () => {
  const scene = new Scene();
  const query = 'timeframe=5Min&start=2026-01-05T14:40:00Z&end=2026-01-05T14:50:00Z';
  expect(labels(scene, query)).toEqual([
    '2026-01-05T14:40:00Z',
    '2026-01-05T14:45:00Z',
    '2026-01-05T14:50:00Z',
  ]);
  const inside = 'timeframe=5Min&start=2026-01-05T14:40:01Z&end=2026-01-05T14:49:59Z';
  expect(labels(scene, inside)).toEqual(['2026-01-05T14:45:00Z']);
});

test('without start the bars are those of the day; nothing is null', () => {
  const scene = new Scene();
  expect(labels(scene, 'timeframe=15Min')).toEqual([
    '2026-01-05T14:30:00Z',
    '2026-01-05T14:45:00Z',
    '2026-01-05T15:00:00Z',
  ]);
  expect(barsOf(scene, 'timeframe=15Min&start=2026-01-05T15:01:00Z').bars).toBeNull();
});

test('the newest first, over nights and weekends, a page at a time', () => {
  const scene = new Scene();
  const query = 'timeframe=1Hour&start=2026-01-02T00:00:00Z&sort=desc&limit=3';
  const first = barsOf(scene, query);
  expect(first.bars!.map(({ t }) => t)).toEqual([
    '2026-01-05T15:00:00Z',
    '2026-01-05T14:00:00Z',
    '2026-01-02T20:00:00Z',
  ]);
  const second = barsOf(scene, `${query}&page_token=${first.next_page_token}`);
  expect(second.bars!.map(({ t }) => t)).toEqual([
    '2026-01-02T19:00:00Z',
    '2026-01-02T18:00:00Z',
    '2026-01-02T17:00:00Z',
  ]);
  const last = barsOf(scene, `${query}&page_token=${second.next_page_token}`);
  expect(last.bars).toHaveLength(3);
  expect(last.next_page_token).toBeNull();
});

test("a day's bar is labelled by midnight in New York, in summer too", () => {
  const sessions = ['2026-01-05', '2026-07-01', '2026-07-02'].map((date) => {
    return { date, open: '09:30', close: '16:00' };
  });
  const scene = new Scene({ sessions });
  scene.at('2026-07-01T15:00:00Z');
  const days = ['2026-01-05T05:00:00Z', '2026-07-01T04:00:00Z'];
  expect(labels(scene, 'timeframe=1Day&start=2026-01-01T00:00:00Z')).toEqual(days);
});

test.each([
  'timeframe=60Min',
  'timeframe=24Hour',
  'timeframe=5Min&limit=0',
  'timeframe=5Min&adjustment=some',
])('%s is refused', (query) => {
  expect(new Scene().ask(`GET /v2/stocks/AMZN/bars?${query}`).status).toBe(400);
});

test('bars of several symbols come symbol by symbol, and the limit is for all together', () => {
  const scene = new Scene();
  const query = 'symbols=MSFT,AMZN,NONE&timeframe=15Min&limit=4';
  const first = scene.ask(`GET /v2/stocks/bars?${query}`).body as unknown as {
    bars: Record<string, Bar[]>;
    next_page_token: string;
  };
  expect(Object.entries(first.bars).map(([symbol, bars]) => [symbol, bars.length])).toEqual([
    ['AMZN', 3],
    ['MSFT', 1],
  ]);
  const rest = scene.ask(`GET /v2/stocks/bars?${query}&page_token=${first.next_page_token}`).body;
  expect(rest).toMatchObject({ bars: { MSFT: [{}, {}] }, next_page_token: null });
});

test('the newest trade is that of the last minute at which the market was open', () => {
  const scene = new Scene({ price: rising });
  expect(scene.ask('GET /v2/stocks/AMZN/trades/latest').body).toMatchObject({
    ...{ symbol: 'AMZN', trade: { p: 130, t: '2026-01-05T15:00:00.000Z' } },
  });
  scene.at('2026-01-06T03:00:00Z');
  const several = scene.ask('GET /v2/stocks/trades/latest?symbols=AMZN,MSFT,NONE').body;
  expect(several).toMatchObject({ trades: { AMZN: { p: 490, t: '2026-01-05T21:00:00.000Z' }, MSFT: {} } });
  expect(Object.keys(several.trades as object)).toEqual(['AMZN', 'MSFT']);
});

// https://docs.alpaca.markets/docs/market-data-faq
test('the free plan has no SIP data of the last 15 minutes', () => {
  const scene = new Scene();
  const refused = { status: 403, body: { message: expect.stringContaining('recent SIP data') as string } };
  expect(scene.ask('GET /v2/stocks/AMZN/trades/latest?feed=sip')).toEqual(refused);
  expect(scene.ask('GET /v2/stocks/AMZN/bars?timeframe=1Min&feed=sip')).toEqual(refused);
  const earlier = 'timeframe=1Min&feed=sip&end=2026-01-05T14:45:00Z';
  expect(scene.ask(`GET /v2/stocks/AMZN/bars?${earlier}`).status).toBe(200);
  const paying = new Scene({ accounts: [{ ...PAPER, dataPlan: 'plus' }] });
  expect(paying.ask('GET /v2/stocks/AMZN/trades/latest?feed=sip').status).toBe(200);
});

test('an asset says what can be done with it', () => {
  const scene = new Scene();
  expect(scene.ask('GET /v2/assets/WHOL').body).toMatchObject({ tradable: true, fractionable: false });
  expect(scene.ask('GET /v2/assets/NONE').body).toMatchObject({
    code: 40410000,
    message: 'asset not found for NONE',
  });
});
