import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { startLocalApp } from '../../infra/local/local-app.ts';
import { startStore } from '../../infra/local/mongodb/server.ts';
import type { Report } from '../../orchestrator/protocol/report.ts';
import type { RunReport } from '../../orchestrator/protocol/run-report.ts';
import { Audit } from './fault-audit.ts';
import { NthBoundary, type Boundary, type Fault } from './fault-boundary.ts';
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
export const BRANCHES: Branch[] = ['buy', 'sell'];

/** The outcome of one delivery of a tick. */
export interface Delivery {
  report?: Report;
  /** The tick's own run. */
  run?: RunReport | undefined;
  error?: { errorType: string; errorMessage: string };
}

/**
 * The app as it would be deployed, as processes: the orchestrator, the functions, and a store, with a proxy before the
 * store, one before the Lambda API, and a clock. Every run takes one branch, whatever the market does.
 */
export class Lane {
  fault: Fault = () => undefined;
  readonly audit: Audit;
  readonly #app: Awaited<ReturnType<typeof startLocalApp>>;

  static async start(branch: Branch): Promise<Lane> {
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
          // Ticks that come while an orchestrator lies dead are to be trades, too.
          OVERLAP: 'allow',
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
    own.lane = new Lane(branch, app, { clock, storeProxy, lambdaProxy, observer }, close);
    return own.lane;
  }

  private constructor(
    readonly branch: Branch,
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
    this.audit = new Audit(parts.observer.db('orbits-trader'), branch);
  }

  get orchestratorPids(): number[] {
    return this.#app.functions.pids(ORCHESTRATOR);
  }

  /** The function that trades on this branch dies. */
  killTradeFunction(): void {
    for (const pid of this.#app.functions.pids(`OrbitsTrader-${this.branch}-stock`))
      process.kill(pid, 'SIGKILL');
  }

  /** A tick of the schedule that was not delivered yet. It is expected to end in one trade. */
  nextTick(): string {
    this.parts.clock.advance(1);
    const tick = new Date(this.parts.clock.now).toISOString().replace(/\.\d+Z$/, 'Z');
    this.audit.expect(tick);
    return tick;
  }

  async deliver(tick: string): Promise<Delivery> {
    const result = await this.#app.invoke(ORCHESTRATOR, { command: 'tick', scheduledTime: tick });
    if ('error' in result) return { error: result.error };
    const report = answerOf<Report>(result);
    return { report, run: report.runs.find(({ key }) => key.endsWith(`/${tick}`)) };
  }

  /** Delivers a new tick while something happens at one boundary; false where the boundary was not reached. */
  async disturb(
    tick: string,
    n: number,
    fault: Fault,
  ): Promise<{ delivery: Delivery; reached: Boundary | undefined }> {
    const once = new NthBoundary(n, fault);
    this.fault = once.at;
    const delivery = await this.deliver(tick);
    await this.calmDown();
    return { delivery, reached: once.reached };
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

  /** The boundaries of one undisturbed run, in their order. */
  async recordBoundaries(): Promise<Boundary[]> {
    const boundaries: Boundary[] = [];
    this.fault = (boundary) => void boundaries.push(boundary);
    const { run, error } = await this.deliver(this.nextTick());
    await this.calmDown();
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
