import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { startLocalApp } from '../../infra/local/local-app.ts';
import { startStore } from '../../infra/local/mongodb/server.ts';
import type { Report } from '../../orchestrator/protocol/report.ts';
import type { RunReport } from '../../orchestrator/protocol/run-report.ts';
import { Audit } from './fault-audit.ts';
import { describeBoundary, NthBoundary, type Boundary, type Fault } from './fault-boundary.ts';
import { FaultClock } from './fault-clock.ts';
import { LambdaProxy } from './fault-lambda-proxy.ts';
import { StoreProxy } from './fault-store-proxy.ts';
import { answerOf, assemblyDir, ORCHESTRATOR, root, temporaryFolder } from './local-app.ts';

const RECOMMENDATION = 'OrbitsTrader-generate-buy-sell-recommendation';
/** Longer than any lease: the orchestrator's own time limit. */
const LEASE_SECONDS = 61;
/** Longer than any time-out of a command or of an invocation. */
export const TIMEOUT_SECONDS = 20;

/** Whether a command is the orchestrator's, rather than the ledger's. */
export const isOwnCommand = ({ kind, appName }: Boundary) =>
  kind === 'command' && appName === 'orbits-trader-orchestrator';

export type Branch = 'buy' | 'sell';

/** What distinguishes a lane from others. */
export interface LaneSetup {
  /** Which way its runs go. */
  branch: Branch;
  /** What the orchestrator's environment has in addition, or otherwise. */
  environment?: Record<string, string>;
}

export const BRANCHES: LaneSetup[] = [{ branch: 'buy' }, { branch: 'sell' }];

/** The outcome of one delivery of a tick. */
export interface Delivery {
  report?: Report;
  /** The tick's own run. */
  run?: RunReport | undefined;
  error?: InvocationError;
}

export interface InvocationError {
  errorType: string;
  errorMessage: string;
}

/**
 * The app as it would be deployed, as processes: the orchestrator, the functions, and a store, with a proxy before the
 * store, one before the Lambda API, and a clock. Every run takes one branch, whatever the market does.
 */
export class Lane {
  fault: Fault = () => undefined;
  readonly audit: Audit;
  readonly #app: Awaited<ReturnType<typeof startLocalApp>>;

  static async start(setup: LaneSetup): Promise<Lane> {
    const { branch, environment } = setup;
    const folder = temporaryFolder();
    const clock = new FaultClock(folder.path);
    const own: { lane?: Lane } = {};
    const fault: Fault = (boundary) => own.lane?.fault(boundary);

    const store = await startStore({ dataDir: folder.path, replicaSet: 'rs0' });
    const storeProxy = new StoreProxy(fault);
    await storeProxy.listen(store.port);
    const lambdaProxy = new LambdaProxy(fault);
    const endpoint = await lambdaProxy.listen();
    const app = await startLocalApp({
      root,
      assemblyDir,
      dataDir: folder.path,
      mongodbUri: storeProxy.uri,
      overrides: {
        'OrbitsTrader-check-stock-price': clock.environment,
        [RECOMMENDATION]: { ...clock.environment, SELL_ABOVE: branch === 'buy' ? '1000000' : '0.01' },
        'OrbitsTrader-buy-stock': clock.environment,
        'OrbitsTrader-sell-stock': clock.environment,
        [ORCHESTRATOR]: {
          ...clock.environment,
          AWS_ENDPOINT_URL: endpoint,
          SYMBOLS: 'AMZN',
          QUANTITY: '1',
          // This clock leaps, and a tick that is late is skipped: that is not what is shown here.
          MAX_TICK_AGE_MINUTES: '1440',
          // Nor is its time that of a market.
          MARKET_HOURS: 'always',
          // Ticks that come while an orchestrator lies dead are to be trades, too.
          OVERLAP: 'allow',
          ...environment,
        },
      },
      onLog: () => undefined,
    });
    lambdaProxy.serve(app.endpoint);
    const observer = await new MongoClient(
      `mongodb://127.0.0.1:${store.port}/?directConnection=true`,
    ).connect();
    const close = async () => {
      await observer.close();
      await app.close();
      await lambdaProxy.close();
      await storeProxy.close();
      await store.close();
      folder.remove();
    };
    own.lane = new Lane(setup, app, { clock, storeProxy, lambdaProxy, observer }, close);
    return own.lane;
  }

  private constructor(
    readonly setup: LaneSetup,
    app: Awaited<ReturnType<typeof startLocalApp>>,
    readonly parts: {
      clock: FaultClock;
      storeProxy: StoreProxy;
      lambdaProxy: LambdaProxy;
      observer: MongoClient;
    },
    readonly close: () => Promise<void>,
  ) {
    this.#app = app;
    this.audit = new Audit(parts.observer.db('orbits-trader'), setup.branch);
  }

  /** The function that trades on this branch. */
  get tradeFunction(): string {
    return `OrbitsTrader-${this.setup.branch}-stock`;
  }

  get orchestratorPids(): number[] {
    return this.#app.functions.pids(ORCHESTRATOR);
  }

  killTradeFunction(): void {
    for (const pid of this.#app.functions.pids(this.tradeFunction)) process.kill(pid, 'SIGKILL');
  }

  /** A tick of the schedule that was not delivered yet. It is expected to end in one trade. */
  nextTick(): string {
    this.parts.clock.advance(1);
    const tick = new Date(this.parts.clock.now).toISOString().replace(/\.\d+Z$/, 'Z');
    this.audit.expect(tick, 'trade');
    return tick;
  }

  async deliver(tick: string): Promise<Delivery> {
    const { answer, error } = await this.send<Report>({ command: 'tick', scheduledTime: tick });
    if (error) return { error };
    return { report: answer, run: answer.runs.find(({ key }) => key.endsWith(`/${tick}`)) };
  }

  /** Sends the orchestrator an event. */
  async send<Answer>(
    event: object,
  ): Promise<{ answer: Answer; error?: never } | { answer?: never; error: InvocationError }> {
    const result = await this.#app.invoke(ORCHESTRATOR, event);
    return 'error' in result ? { error: result.error } : { answer: answerOf<Answer>(result) };
  }

  /** Lets something happen at one boundary of what is done meanwhile; throws where it does not come by there. */
  async disturb<Result>(
    { n, boundary }: { n: number; boundary: Boundary },
    fault: Fault,
    act: () => Promise<Result>,
  ): Promise<Result> {
    const once = new NthBoundary(n, fault);
    this.fault = once.at;
    const result = await act();
    await this.calmDown();
    const expected = describeBoundary(boundary);
    const reached = once.reached ? describeBoundary(once.reached) : 'no boundary';
    if (reached !== expected)
      throw new Error(`the fault for ${expected} (boundary ${n}) happened at ${reached}`);
    return result;
  }

  /** Holds what passes the n-th boundary from now on until it is released. Everything after it passes. */
  holdAt(n: number, whenReached: () => void): { reached: Promise<Boundary>; release: () => void } {
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    const reached = new Promise<Boundary>((resolve) => {
      this.fault = new NthBoundary(n, (boundary) => {
        whenReached();
        resolve(boundary);
        return released;
      }).at;
    });
    return { reached, release };
  }

  /** No more faults, and nothing under way: also not what an orchestrator that is gone had asked for. */
  async calmDown(): Promise<void> {
    this.fault = () => undefined;
    await this.parts.lambdaProxy.idle();
  }

  /** The boundaries that something comes by when nothing disturbs it, in their order. */
  async boundariesOf<Result>(
    act: () => Promise<Result>,
  ): Promise<{ boundaries: Boundary[]; result: Result }> {
    const boundaries: Boundary[] = [];
    this.fault = (boundary) => void boundaries.push(boundary);
    const result = await act();
    await this.calmDown();
    return { boundaries, result };
  }

  /** Those of a run. */
  async recordBoundaries(): Promise<Boundary[]> {
    const { boundaries, result } = await this.boundariesOf(() => this.deliver(this.nextTick()));
    const { run, error } = result;
    if (run?.state !== 'SUCCESS')
      throw new Error(`an undisturbed run must succeed, but is ${JSON.stringify(run ?? error)}`);
    return boundaries;
  }

  /** From now on every lease is past that was taken before. */
  passLeases(): void {
    this.parts.clock.advance(LEASE_SECONDS);
  }

  killOrchestrator(): void {
    for (const pid of this.orchestratorPids) process.kill(pid, 'SIGKILL');
  }

  /** As a fault: what the killed process had sent itself is lost; what it asked others to do goes on. */
  readonly kill: Fault = (boundary) => {
    this.killOrchestrator();
    return isOwnCommand(boundary) ? 'lost' : undefined;
  };

  /** Ends the orchestrator, so that the next delivery is a cold start. */
  async stopOrchestrator(): Promise<void> {
    this.killOrchestrator();
    while (this.orchestratorPids.length > 0) await sleep(5);
  }

  /** As if no order of the symbol had ever been decided; its trades stay. */
  async loseBook(): Promise<void> {
    await this.audit.database.collection('books').deleteMany({});
  }

  /** Delivers a tick again until its run has ended, at most `most` times; throws if it has not ended by then. */
  async recover(tick: string, most: number, pauseSeconds = LEASE_SECONDS): Promise<RunReport> {
    let last: Delivery = {};
    for (let deliveries = 0; deliveries < most; deliveries++) {
      this.parts.clock.advance(pauseSeconds);
      last = await this.deliver(tick);
      if (last.run && last.run.state !== 'IN_PROGRESS') return last.run;
    }
    throw new Error(`after ${most} further deliveries the run has not ended: ${JSON.stringify(last)}`);
  }

  /** The same, where it has to end as if nothing had happened. */
  async recoverWell(tick: string): Promise<void> {
    const run = await this.recover(tick, 2);
    if (run.state !== 'SUCCESS') throw new Error(`the run is ${JSON.stringify(run)}`);
  }
}
