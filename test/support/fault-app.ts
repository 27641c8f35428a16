import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { simulatedPrice } from '../../functions/market/simulated-price.ts';
import type { CommandEvent } from '../../infra/local/mongodb/server.ts';
import type { InvocationEvent } from '../../infra/local/lambda/functions.ts';
import type { Report, RunReport } from '../../orchestrator/report.ts';
import { answerOf, startTestApp, temporaryFolder } from './local-app.ts';

export const ORCHESTRATOR = 'OrbitsTrader-orchestrator';
const ORCHESTRATOR_APP = 'orbits-trader-orchestrator';
/** Longer than any lease. */
const PAST_THE_LEASE_MS = 120_000;
const UPKEEP = new Set(['hello', 'isMaster', 'ismaster', 'ping', 'endSessions']);

/** A point at which something can go wrong: around a command to the store, or around an invocation. */
export interface Boundary {
  name: string;
  phase: 'received' | 'answered';
  /** Whether it is the orchestrator's own command, which can be lost on its way. */
  isOwnCommand: boolean;
}

/** What is done at a boundary. Throwing loses a command before it is carried out, or its connection after that. */
export type Fault = (boundary: Boundary) => void | Promise<void>;

const shiftedClock = fileURLToPath(new URL('shifted-clock.js', import.meta.url));

/** The app with a hook at every boundary of a run, and a clock of the orchestrator's that can be put forward. */
export async function startFaultApp() {
  const clock = temporaryFolder();
  const clockFile = join(clock.path, 'offset');
  let offsetMs = 0;
  writeFileSync(clockFile, '0');
  let fault: Fault = () => undefined;
  let lastError: unknown;

  const app = await startTestApp({
    overrides: {
      [ORCHESTRATOR]: {
        NODE_OPTIONS: `--enable-source-maps --import ${shiftedClock}`,
        CLOCK_FILE: clockFile,
      },
    },
    onCommand: ({ command, phase, appName }: CommandEvent) => {
      if (UPKEEP.has(command) || !appName || appName === 'observer') return undefined;
      return fault({ name: command, phase, isOwnCommand: appName === ORCHESTRATOR_APP });
    },
    onInvocation: ({ functionName, phase }: InvocationEvent) => {
      if (functionName === ORCHESTRATOR) return undefined;
      return fault({ name: functionName, phase, isOwnCommand: false });
    },
  });
  const observer = await new MongoClient(app.mongodbUri, { appName: 'observer' }).connect();

  return {
    app,
    trades: observer.db('orbits-trader').collection<{ _id: string }>('trades'),
    actions: observer.db('orbits-trader').collection('actions'),
    /** Why the last delivery that failed did so. */
    lastError: () => lastError,
    setFault: (next: Fault) => (fault = next),
    /** From now on the orchestrator's clock is past every lease that it took before. */
    passLeases: () => writeFileSync(clockFile, String((offsetMs += PAST_THE_LEASE_MS))),
    orchestratorPids: () => app.functions.pids(ORCHESTRATOR),
    /** One delivery of a tick: the run of it, or undefined where the orchestrator failed. */
    async tick(scheduledTime: string): Promise<RunReport | undefined> {
      const result = await app.invoke(ORCHESTRATOR, { command: 'tick', scheduledTime });
      if ('error' in result) {
        lastError = result.error;
        return undefined;
      }
      return answerOf<Report>(result).runs[0];
    },
    async close() {
      await observer.close();
      await app.close();
      clock.remove();
    },
  };
}

export type FaultApp = Awaited<ReturnType<typeof startFaultApp>>;

/** Scheduled times, each of its own second, at whose price the recommendation is this one. */
export function* timesThat(type: 'buy' | 'sell'): Generator<string> {
  for (let at = Date.parse('2026-01-05T14:30:00Z'); ; at += 60_000) {
    const cents = Number(simulatedPrice('AMZN', at).replace('.', ''));
    if (cents > 10_000 === (type === 'sell')) yield new Date(at).toISOString().replace('.000Z', 'Z');
  }
}

/** The trade that an undisturbed run of a tick makes, but for its id and its time. */
export function expectedTrade(scheduledTime: string, type: 'buy' | 'sell') {
  return { symbol: 'AMZN', type, qty: 1, price: simulatedPrice('AMZN', Date.parse(scheduledTime)) };
}
