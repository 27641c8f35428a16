import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrokerEngine } from './engine.ts';
import type { Asked, Delivery, Reply } from './types.ts';

/** The engine on loopback; trading and market data have the same address. Answers that are slow take real time. */
export async function serve(engine: BrokerEngine): Promise<{ url: string; close: () => Promise<void> }> {
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    void asked(request).then((arrived) => {
      const { reply, delayMs } = delivered(engine, arrived);
      const timer = setTimeout(() => {
        timers.delete(timer);
        deliver(response, reply);
      }, delayMs);
      timers.add(timer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An engine that throws has a faulty course or calendar: the client gets to see the words. */
function delivered(engine: BrokerEngine, arrived: Asked): Delivery {
  try {
    return engine.request(arrived);
  } catch (error) {
    return { reply: { status: 500, body: { message: String(error) } }, delayMs: 0 };
  }
}

async function asked(request: IncomingMessage): Promise<Asked> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
  const header = (name: string) => request.headers[name] as string | undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return {
    ...{ method: request.method ?? 'GET', path: pathname, query: searchParams },
    ...{ keyId: header('apca-api-key-id'), secretKey: header('apca-api-secret-key') },
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function deliver(response: ServerResponse, reply: Reply | 'lost'): void {
  if (reply === 'lost') {
    response.destroy();
    return;
  }
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
}

/**
 * A `fetch` that asks the engine in process, for the SDK's option `fetchApi`. A request that was aborted while its
 * answer was on the way is aborted, and has had its effect.
 * @param sleep lets so many milliseconds pass, of whatever time it is
 */
export function brokerFetch(engine: BrokerEngine, sleep: (ms: number) => Promise<void>): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { pathname, searchParams } = new URL(request.url);
    const { reply, delayMs } = engine.request({
      ...{ method: request.method, path: pathname, query: searchParams, body: await request.text() },
      keyId: request.headers.get('apca-api-key-id') ?? undefined,
      secretKey: request.headers.get('apca-api-secret-key') ?? undefined,
    });
    if (delayMs > 0) await sleep(delayMs);
    request.signal.throwIfAborted();
    if (reply === 'lost') throw new TypeError('fetch failed');
    const body = reply.body === undefined ? null : JSON.stringify(reply.body);
    return new Response(body, {
      status: reply.status,
      headers: { 'content-type': 'application/json', ...reply.headers },
    });
  };
}
