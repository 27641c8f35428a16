import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

const answers: Record<string, unknown> = {
  'check-stock-price': { stock_price: '102.48' },
  'generate-buy-sell-recommendation': 'buy',
};
const trade = {
  id: 'bench',
  symbol: 'AMZN',
  price: '102.48',
  type: 'buy',
  qty: '1',
  timestamp: '2026-01-05T14:30:00.000Z',
};

export interface AwsEndpoint {
  url: string;
  /** When a function was first invoked since this was last asked, in milliseconds since the epoch. */
  firstInvocation(): number | undefined;
  close(): Promise<void>;
}

/** Lambda's Invoke and Secrets Manager's GetSecretValue, answered with constants: steps whose work is empty. */
export async function startAwsEndpoint(secret: string): Promise<AwsEndpoint> {
  let first: number | undefined;
  const server = createServer((request, response) => {
    const name = /functions\/(?:OrbitsTrader-)?([a-z-]+)\/invocations/.exec(request.url ?? '')?.[1];
    if (name) first ??= performance.timeOrigin + performance.now();
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(
        JSON.stringify(name ? (answers[name] ?? trade) : { Name: 'mongodb', SecretString: secret }),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    firstInvocation() {
      const seen = first;
      first = undefined;
      return seen;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
