import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { StoreState } from './commands/call.ts';
import { Cursors } from './commands/cursors.ts';
import { responder } from './commands/dispatch.ts';
import { FailPoints } from './commands/fail-points.ts';
import { sweepSessions } from './commands/sessions.ts';
import { StoreError } from './errors.ts';
import type { StoreOptions } from './options.ts';
import { Catalog } from './storage/catalog.ts';
import { Storage } from './storage/storage.ts';
import { sweepExpired } from './storage/ttl.ts';
import { serve } from './wire/connection.ts';

export { StoreError } from './errors.ts';
export type { CommandEvent, StoreOptions } from './options.ts';

export interface Store {
  /** `mongodb://127.0.0.1:PORT/`, with the options that a client needs to connect. */
  readonly uri: string;
  readonly port: number;
  /** Ends all connections, finishes pending writes and releases the folder. */
  close(): Promise<void>;
}

/** Opens the folder and listens. Throws `StoreError` when it can't. */
export async function startStore(options: StoreOptions): Promise<Store> {
  const host = checkHost(options.host ?? '127.0.0.1');
  const storage = new Storage(options.dataDir);
  const sockets = new Map<Socket, Promise<void>>();
  const state: StoreState = {
    options,
    storage,
    catalog: new Catalog(storage),
    cursors: new Cursors((options.cursorTimeoutSeconds ?? 600) * 1000),
    failPoints: new FailPoints(),
    port: 0,
    startedAt: new Date(),
    counters: new Map(),
    connections: () => sockets.size,
  };
  let lastConnection = 0;
  const server = createServer((socket) => {
    const ended = serve(socket, responder(state, { id: ++lastConnection })).finally(() =>
      sockets.delete(socket),
    );
    sockets.set(socket, ended);
  });
  try {
    state.port = await listen(server, options.port ?? 0, host);
  } catch (error) {
    await storage.close();
    throw error;
  }
  const stopSweeps = startSweeps(state);
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets.keys()) socket.destroy();
    await stopSweeps();
    await Promise.all(sockets.values());
    await ended;
    await storage.close();
  }
  const shown = host.includes(':') ? `[${host}]` : host;
  const query =
    options.replicaSet === undefined ? 'directConnection=true' : `replicaSet=${options.replicaSet}`;
  return {
    port: state.port,
    uri: `mongodb://${shown}:${state.port}/?${query}`,
    close: () => (closing ??= close()),
  };
}

function checkHost(host: string): string {
  if (host === 'localhost') return '127.0.0.1';
  if (host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)) return host;
  throw new StoreError(
    `The store listens on this machine only, and ${host} is not a loopback address: omit the host or use 127.0.0.1`,
  );
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const used = error.code === 'EADDRINUSE';
      const message = used
        ? `Port ${port} is in use: stop what listens there, or choose another port (0 takes a free one)`
        : `Listening on ${host}:${port} failed: ${error.message}`;
      reject(new StoreError(message, { cause: error }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Sweeps for TTL, idle cursors and old sessions. Returns a function that stops them and awaits a running one. */
function startSweeps({ options, catalog, cursors, storage }: StoreState): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  const milliseconds = (options.ttlSweepSeconds ?? 60) * 1000;
  const timer = setInterval(() => {
    cursors.sweep();
    running = running
      .then(() => sweepExpired(catalog))
      .then(() => sweepSessions(storage))
      // A sweep that fails, for example on a full disk, is retried at the next interval.
      .catch(() => undefined);
  }, milliseconds);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
