import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { startLocalApp, type LocalApp, type LocalAppOptions } from '../../infra/local/local-app.ts';
import type { InvocationResult } from '../../infra/local/lambda/execution-environment.ts';

export const ORCHESTRATOR = 'OrbitsTrader-orchestrator';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const assemblyDir = join(root, '.local', 'assembly');

/** A new folder, and the function that removes it. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'orbits-trader-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

const WITH_MONGODB = [
  ORCHESTRATOR,
  ...['OrbitsTrader-buy-stock', 'OrbitsTrader-sell-stock', 'OrbitsTrader-reconcile-ledger'],
];

/**
 * The synthesized app with a store of its own; `close` leaves nothing behind.
 *
 * Where MONGODB_URI is set, that MongoDB is the store, with a database that goes by the data folder; not for tests that
 * listen to the embedded store's commands.
 */
export async function startTestApp(
  options: Partial<LocalAppOptions> = {},
): Promise<LocalApp & { logs: string[]; database: string }> {
  const folder = options.dataDir === undefined ? temporaryFolder() : undefined;
  const logs: string[] = [];
  const dataDir = options.dataDir ?? folder!.path;
  const server = options.onCommand || options.mongodbUri ? undefined : testServer();
  const database = server === undefined ? 'orbits-trader' : basename(dataDir);
  const app = await startLocalApp({
    root,
    assemblyDir,
    dataDir,
    mongodbUri: server,
    onLog: (_name, line) => logs.push(line),
    ...options,
    overrides: Object.fromEntries(
      WITH_MONGODB.concat(Object.keys(options.overrides ?? {})).map((name) => [
        name,
        {
          // The tests' ticks are of times whose prices are known, long ago, at any hour.
          ...(name === ORCHESTRATOR && { MAX_TICK_AGE_MINUTES: '10000000', MARKET_HOURS: 'always' }),
          ...(WITH_MONGODB.includes(name) && { MONGODB_DATABASE: database }),
          ...options.overrides?.[name],
        },
      ]),
    ),
  });
  const close = async () => {
    await app.close();
    if (server !== undefined && options.dataDir === undefined) await dropDatabase(server, database);
    folder?.remove();
  };
  return { ...app, logs, database, close };
}

/** The MongoDB that tests may use instead of the embedded store; each makes databases of its own in it. */
export function testServer(): string | undefined {
  return process.env['MONGODB_URI'] || undefined;
}

export async function dropDatabase(uri: string, name: string): Promise<void> {
  const client = await new MongoClient(uri).connect();
  await client.db(name).dropDatabase();
  await client.close();
}

/** The answer of an invocation that succeeded. */
export function answerOf<T>(result: InvocationResult): T {
  if ('error' in result) throw new Error(`${result.error.errorType}: ${result.error.errorMessage}`);
  return JSON.parse(result.payload) as T;
}

/** The error of an invocation that failed. */
export function errorOf(result: InvocationResult): { errorType: string; errorMessage: string } {
  if ('payload' in result) throw new Error(`expected a FunctionError, got ${result.payload}`);
  return result.error;
}
