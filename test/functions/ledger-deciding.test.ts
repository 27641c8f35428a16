import { jest } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { tradeOnce } from '../../functions/ledger/trade-once.ts';
import { carelessOf, startCarelessStore, type Sent } from '../support/spied-store.ts';

test('what decides an order asks for primary, majority and retried writes, whatever the URI says', async () => {
  const store = await startCarelessStore();
  process.env['MONGODB_ADDRESS'] = store.uri;
  process.env['MONGODB_DATABASE'] = store.database;
  const connect = jest.spyOn(MongoClient.prototype, 'connect');
  const trade = (idempotencyKey: string) =>
    tradeOnce('buy', { idempotencyKey, symbol: 'AMZN', qty: '1', stock_price: '100.00' });
  try {
    await trade('connects');
    const [client] = connect.mock.contexts as [MongoClient];
    const sent: Sent[] = [];
    client.on('commandStarted', ({ command }) => void sent.push(command));
    await trade('again');
    await trade('again');
    expect(sent.length).toBeGreaterThan(2);
    expect(carelessOf(sent, ['books', 'trades'])).toEqual([]);
  } finally {
    const [client] = connect.mock.contexts as [MongoClient | undefined];
    connect.mockRestore();
    await client?.close();
    await store.close();
  }
});
