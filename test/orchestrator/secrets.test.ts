import { MongoClient } from 'mongodb';
import { errorOf, startTestApp } from '../support/local-app.ts';

type App = Awaited<ReturnType<typeof startTestApp>>;

const BUY = 'OrbitsTrader-buy-stock';
const order = { symbol: 'AMZN', stock_price: '10.00', qty: 1, idempotencyKey: 'made' };

// Each in processes of its own, for a function reads a secret once a minute.
let app: App;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.close());

describe.each([
  ['a doubled "@"', 'mongodb://user:hunter2@@h/', /has more than one "@"/],
  ['a raw "@" and SRV', 'mongodb+srv://user:hun@ter2@c.mongodb.net/', /has more than one "@"/],
  ['no host', 'mongodb://user:hunter2@', /names no host/],
  ['no host and no "@"', 'mongodb://user:hunter2', /without "@HOST"/],
  [
    'an option that no driver knows',
    'mongodb://user:hunter2@127.0.0.1:1/?hunter2=hunter2',
    /refuses|can't be used/,
  ],
  [
    'keys instead of a URI',
    '{"username":"user","password":"hunter2"}',
    /a JSON object without a text under uri/,
  ],
  [
    'a closed port',
    'mongodb://user:hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=300',
    /nothing listens on that port/,
  ],
])('a secret with %s', (_, secret, message) => {
  test.each([
    ['the orchestrator', () => app.invoke(app.orchestrator, { idempotencyKey: 'k' })],
    ['a function with the ledger', () => app.invoke(BUY, order)],
  ])('stands in nothing that leaves %s', async (__, invoke) => {
    app.setSecret(secret);
    const error = errorOf(await invoke());
    expect(error.errorMessage).toMatch(message);
    const client = await new MongoClient(app.mongodbUri).connect();
    const documents = await client.db(app.database).collection('actions').find().toArray();
    await client.close();
    const left = JSON.stringify([error, app.logs, documents]);
    expect(left).not.toContain('hunter2');
    expect(left).not.toContain('ter2');
  });
});
