import { Decimal128, MongoClient } from 'mongodb';
import { newBook } from '../../functions/ledger/book.ts';
import { reconciliationLines } from '../../infra/cli/answer/reconciliation.ts';
import { parseAnswer } from '../../infra/cli/answer/answer.ts';
import { problemIn } from '../../infra/cli/answer/problems.ts';
import { answers } from '../support/answers.ts';
import { answered, unavailable } from '../support/broker/faults.ts';
import { serve } from '../support/broker/http.ts';
import { neverFilled } from '../support/broker/plans.ts';
import { PAPER, Scene } from '../support/broker/scene.ts';
import { answerOf, errorOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

// The bundles of market=alpaca, and the broker as its documentation says, over HTTP.
const scene = new Scene({
  courses: neverFilled,
  accounts: [{ ...PAPER, positions: [{ symbol: 'AMZN', qty: '10', price: '100' }] }],
});
const { keyId, secretKey } = PAPER;
let broker: Awaited<ReturnType<typeof serve>>;
let app: Awaited<ReturnType<typeof startTestApp>>;
let client: MongoClient;
beforeAll(async () => {
  broker = await serve(scene.engine);
  const urls = { ALPACA_TRADING_URL: broker.url, ALPACA_DATA_URL: broker.url };
  const names = ['check-stock-price', 'check-market-hours', 'buy-stock', 'sell-stock', 'reconcile-ledger'];
  app = await startTestApp({
    context: { market: 'alpaca' },
    brokerKeys: { keyId, secretKey },
    overrides: Object.fromEntries(names.map((name) => [`OrbitsTrader-${name}`, urls])),
  });
  client = await new MongoClient(app.mongodbUri).connect();
  const amount = (text: string) => Decimal128.fromString(text);
  const position = {
    ...{ qty: amount('10'), averageCost: amount('100') },
    ...{ realized: amount('0'), lastPrice: amount('100') },
  };
  const books = client.db(app.database).collection('books');
  await books.insertMany([
    { _id: 'account' as never, venue: 'alpaca-paper PA1', ledger: 'ledger' },
    { ...newBook('AMZN'), _id: 'AMZN' as never, position },
  ]);
});
afterAll(async () => {
  await client.close();
  await app.close();
  await broker.close();
});

const send = async (event: object) => answerOf<unknown>(await app.invoke(ORCHESTRATOR, event));
const reconcile = async (more: object = {}) =>
  answers.reconciliation.parse(await send({ command: 'reconcile', ...more }));
let ticks = 0;
const tick = (more: object = {}) => {
  const scheduledTime = new Date(Date.UTC(2026, 0, 5, 15, ticks++)).toISOString();
  return send({ command: 'tick', scheduledTime, symbols: [], ...more });
};
/** The values of a metric, of the ticks until now. */
const metric = (name: string) =>
  app.logs
    .filter((line) => line.startsWith('{"_aws"'))
    .flatMap((line) => (JSON.parse(line) as Record<string, unknown>)[name] ?? []);
const comparisons = () => scene.engine.requests.filter(({ route }) => route === 'GET /v2/positions').length;

test('a tick compares once, whatever its shards, and says so in metrics', async () => {
  await tick();
  for (const index of [0, 1, 2]) await tick({ shard: { index, of: 3 } });
  expect(comparisons()).toBe(2);
  expect([metric('LedgerCompared'), metric('LedgerDifferences')]).toEqual([
    [1, 1],
    [0, 0],
  ]);
});

test('a difference is a metric at each tick, a line of the log, a table and an exit code; then it is accepted', async () => {
  scene.engine.account('PA1').positions.get('AMZN')!.qty = scene.engine
    .account('PA1')
    .positions.get('AMZN')!
    .qty.plus(2);
  await tick();
  await tick();
  expect(metric('LedgerDifferences').slice(-2)).toEqual([1, 1]);
  expect(app.logs.join('\n')).toContain('the ledger and the broker differ');
  const order = { symbol: 'AMZN', stock_price: '100', qty: 1, idempotencyKey: 'stopped' };
  expect(answerOf(await app.invoke('OrbitsTrader-sell-stock', order))).toMatchObject({
    limit: 'reconciliation',
  });
  const answer = parseAnswer(JSON.stringify(await reconcile()));
  expect(reconciliationLines(answer, '').join('\n')).toMatch(
    /AMZN +position +10 shares +12 shares +\S+Z +find out who traded/,
  );
  expect(problemIn('reconcile', answer, '')).toBe('The ledger and the broker differ.');
  const accepted = parseAnswer(JSON.stringify(await reconcile({ accept: true, note: 'by hand' })));
  expect(accepted.accepted).toEqual([{ symbol: 'AMZN', before: '10', after: '12' }]);
  expect(problemIn('reconcile', accepted, '')).toBeUndefined();
  await tick();
  expect(metric('LedgerDifferences').at(-1)).toBe(0);
});

test('a comparison that can not be made fails no tick, and is a metric', async () => {
  scene.engine.faults = ({ route }) => (route === 'GET /v2/positions' ? unavailable() : undefined);
  expect(answers.report.parse(await tick())).toMatchObject({ runs: [] });
  expect(metric('LedgerCompared').at(-1)).toBe(0);
  expect(app.logs.join('\n')).toContain('the ledger could not be compared with the broker');
  expect(errorOf(await app.invoke(ORCHESTRATOR, { command: 'reconcile' })).errorMessage).toContain(
    'BrokerUnavailableError',
  );
  scene.engine.faults = () => undefined;
});

test('halt with cancelOpen cancels what is open of this ledger, after the halt', async () => {
  scene.order({ symbol: 'MSFT', qty: '1', client_order_id: 'ledger-own' });
  scene.order({ symbol: 'MSFT', qty: '1', client_order_id: 'by-hand' });
  const answer = answers.trading.parse(await send({ command: 'halt', cancelOpen: true }));
  expect(answer).toMatchObject({ canceled: [{ symbol: 'MSFT', key: 'ledger-own' }], left: 0 });
  expect(answer.halted).not.toBeNull();
  expect(scene.engine.orders('PA1').map(({ status }) => status)).toEqual(['canceled', 'new']);
  const refused = () => answered({ status: 422, body: { code: 42210000, message: 'no' } });
  scene.order({ symbol: 'MSFT', qty: '1', client_order_id: 'ledger-more' });
  scene.engine.faults = ({ route }) => (route === 'DELETE /v2/orders/{id}' ? refused() : undefined);
  const left = await send({ command: 'halt', cancelOpen: true });
  expect(problemIn('halt', parseAnswer(JSON.stringify(left)), '')).toContain('still open at the broker: 1');
});

test('the simulated market has nothing to compare, and no function for it', async () => {
  const simulated = await startTestApp();
  try {
    const invoke = (event: object) => simulated.invoke(ORCHESTRATOR, event);
    expect(errorOf(await invoke({ command: 'reconcile' })).errorMessage).toContain('nothing to compare');
    expect(answerOf(await invoke({ command: 'halt', cancelOpen: true }))).toMatchObject({ halted: {} });
    await invoke({ command: 'tick', scheduledTime: '2026-01-05T15:00:00Z', symbols: [] });
    expect(simulated.logs.join('\n')).not.toMatch(/LedgerCompared|could not be compared/);
  } finally {
    await simulated.close();
  }
});
