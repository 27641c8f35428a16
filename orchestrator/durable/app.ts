import { Action, ActionApp } from '@wbce/orbits-core';
import { isWorkflow } from './backend.ts';
import { collectionsOf } from './collections.ts';
import { DurableWorkflow } from './durable-workflow.ts';
import { InlineAction, ValueAction } from './durable-action.ts';
import { ensureIndexes } from './indexes.ts';
import { isOfServer } from './mongo-errors.ts';
import { SleepAction } from './sleep.ts';
import { WaitForAction } from './wait-for.ts';
import { passOfWorker } from './worker-pass.ts';

export interface AppOptions {
  /** The workflows and actions that may run, or that stand in the database. */
  declare: (typeof Action)[];
  uri: string;
  database: string;
  /** How long a finished run and its steps are kept. */
  historyDays: number;
}

let app: ActionApp | undefined;
let connected: Promise<ActionApp> | undefined;

/**
 * The Orbits app of this process, connected. Warm invocations share it, and a failed connect is tried again by the
 * next call: Orbits' own `bootstrapApp` would keep the failure for as long as the process lives.
 */
export function connectedApp(options: () => Promise<AppOptions>): Promise<ActionApp> {
  connected ??= connect(options).catch((error: unknown) => {
    connected = undefined;
    throw error;
  });
  return connected;
}

/** Closes the connection; the next call of `connectedApp` makes a new one. */
export async function disconnectApp(): Promise<void> {
  connected = undefined;
  await app?.db.mongo?.conn?.close();
}

async function connect(options: () => Promise<AppOptions>): Promise<ActionApp> {
  const { declare, uri, database, historyDays } = await options();
  // Orbits allows one app a process, connected or not, so a second attempt has to use the first one's.
  app ??= new ActionApp({
    // Orbits' workers poll for ever, which a Lambda must not; runs are driven and awaited instead.
    workers: { quantity: 0 },
    // Orbits writes a line for each change of state; the runner writes its own lines.
    logger: silentLogger,
  });
  app.declare = [
    InlineAction,
    ValueAction,
    SleepAction,
    WaitForAction,
    ...declare.flatMap(withPreviousVersions),
  ];
  app.imports = [];
  DurableWorkflow.passOfWorker = passOfWorker;
  app.db = {
    mongo: {
      url: uri,
      opts: {
        dbName: database,
        appName: 'orbits-trader-orchestrator',
        serverSelectionTimeoutMS: 4_000,
        connectTimeoutMS: 4_000,
        // Without it, a command whose answer never comes would hold the Lambda until its limit.
        socketTimeoutMS: 5_000,
        maxPoolSize: 10,
        writeConcern: { w: 'majority' },
        retryWrites: true,
        // No command waits in memory for a connection that may never come, and no unrequested command is sent.
        bufferCommands: false,
        autoCreate: false,
        autoIndex: false,
      },
    },
  };
  await bootstrap(app);
  await ensureIndexes(collectionsOf(app), historyDays);
  return app;
}

/** What the driver says before it has asked a server may quote the URI, password and all, so it goes no further than here. */
async function bootstrap(orbits: ActionApp): Promise<void> {
  try {
    await orbits.bootstrap();
  } catch (error) {
    if (isOfServer(error)) throw error;
    // eslint-disable-next-line preserve-caught-error -- the cause would take the URI along
    throw new Error(
      'The MongoDB driver refuses the URI. Check its options, behind the "?", and write it as mongodb+srv://USER:PASSWORD@HOST.',
    );
  }
}

/** The current version comes last: of several classes with one ref, Orbits takes the last one for it. */
function withPreviousVersions(action: typeof Action): (typeof Action)[] {
  return isWorkflow(action) ? [...action.previousVersions, action] : [action];
}

const silentLogger = Object.assign(Object.create(null), {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  // Orbits composes this with a format of its own at start.
  format: { transform: (info: unknown) => info },
}) as ConstructorParameters<typeof ActionApp>[0] extends { logger?: infer L } | undefined ? L : never;
