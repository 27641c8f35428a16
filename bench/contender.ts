import { contestants } from './contestants/index.ts';
import { STEPS, type Contestant } from './contestants/contestant.ts';
import { copyRuns } from './figures/growth.ts';
import type { Plan } from './plan.ts';
import { startBackend } from './support/backend.ts';
import type { RunningBackend } from './support/running-backend.ts';
import { startChild, type Child } from './support/child.ts';
import { startCountingProxy, type CountingProxy } from './support/counting-proxy.ts';
import type { Deadline } from './support/deadline.ts';

const script = new URL('measure.ts', import.meta.url);
const COUNTED_RUNS = 10;

interface Race {
  gaps: number[];
  wholes: number[];
  ms: number;
  peakMemoryMb: number;
}

/** One contestant in the race: its store, what was seen of it so far, and why something was not. */
export class Contender {
  readonly about: Contestant;
  readonly gaps: number[] = [];
  readonly wholes: number[] = [];
  readonly runsPerSecond: number[] = [];
  readonly peakMemoryMb: number[] = [];
  readonly reasons: Record<string, string> = {};
  commandsPerRun: number | null = null;
  /** By the steps of a run. */
  sentBytesPerStep: Record<string, number | null> | null = null;
  writtenBytesPerStep: Record<string, number | null> | null = null;
  growth: { finished: number; ms: number }[] = [];
  resumeMs: Record<string, number | null> | null = null;

  private constructor(
    readonly name: string,
    readonly backend: RunningBackend,
    private readonly plan: Plan,
    private readonly deadline: Deadline,
  ) {
    this.about = contestants[name]!;
  }

  static async start(name: string, plan: Plan, deadline: Deadline): Promise<Contender> {
    return new Contender(name, await startBackend(contestants[name]!.backend), plan, deadline);
  }

  /** One round: steps and whole runs, then a tick. */
  async race(): Promise<void> {
    const { runs } = this.plan;
    const symbols = Math.ceil(this.plan.symbols / (this.about.slowness ?? 1));
    const warmUp = Math.min(symbols, 10);
    const seen = await this.#ask<Race>('race', { runs, symbols, warmUp });
    this.gaps.push(...seen.gaps);
    this.wholes.push(...seen.wholes);
    this.runsPerSecond.push((symbols * 1000) / seen.ms);
    this.peakMemoryMb.push(seen.peakMemoryMb);
  }

  /** Counted at the wire, over some runs, with what the engine sends on the side. */
  async commands(): Promise<void> {
    const options = { count: COUNTED_RUNS, steps: STEPS };
    const commands = await this.#counted(options, (proxy) => [proxy.commands()]);
    this.commandsPerRun = Math.round((commands[0]! / COUNTED_RUNS) * 10) / 10;
  }

  /** What a step of a run costs in bytes: what is sent to the store, and what the store writes to its disk. */
  async bytes(): Promise<void> {
    const { maxSteps = Infinity } = this.about;
    const { writtenBytes } = this.backend;
    const none = Object.fromEntries(this.plan.lengths.map((steps) => [steps, null]));
    this.sentBytesPerStep = none;
    this.writtenBytesPerStep = writtenBytes ? { ...none } : null;
    for (const steps of this.plan.lengths) {
      if (steps > maxSteps) {
        this.reasons['sentBytesPerStep'] = `it allows ${maxSteps} steps in a run`;
        continue;
      }
      const [sent, written] = await this.#counted({ count: 1, steps }, (proxy) => [
        proxy.bytes(),
        writtenBytes?.() ?? 0,
      ]);
      this.sentBytesPerStep[steps] = Math.round(sent! / steps);
      if (this.writtenBytesPerStep) this.writtenBytesPerStep[steps] = Math.round(written! / steps);
    }
  }

  async resume(): Promise<void> {
    // The run has one more step, and may need another to pause at.
    const { maxSteps = Infinity } = this.about;
    const recorded = this.plan.recorded.filter((steps) => steps + 2 <= maxSteps);
    const { ms } = await this.#ask<{ ms: number[] }>('resume', { recorded });
    this.resumeMs = Object.fromEntries(this.plan.recorded.map((steps, i) => [steps, ms[i] ?? null]));
    if (recorded.length < this.plan.recorded.length)
      this.reasons['resumeMs'] = `it allows ${maxSteps} steps in a run, the one at which it pauses included`;
  }

  /** Needs a store of its own, which it fills. */
  async growthOf(): Promise<void> {
    const own = await this.deadline.hold(() => startBackend(this.about.backend));
    try {
      const tick = () =>
        this.#with('growth', own.uri, this.plan.growth, (child) => child.next<{ ms: number }>());
      this.growth = [{ finished: 0, ms: (await tick()).ms }];
      let there = 0;
      for (const finished of this.plan.finished) {
        await this.deadline.hold(() => copyRuns(own.uri, this.name, finished - there));
        there = finished;
        this.growth.push({ finished, ms: (await tick()).ms });
      }
    } finally {
      await own.stop();
    }
  }

  /** By how much counters went up during some runs in a process that is warm. */
  async #counted(
    options: { count: number; steps: number },
    read: (proxy: CountingProxy) => number[],
  ): Promise<number[]> {
    const proxy = await startCountingProxy(this.backend.uri);
    try {
      return await this.#with('runs', proxy.uri, options, async (child) => {
        await child.next();
        const before = read(proxy);
        await child.next();
        return read(proxy).map((count, i) => count - before[i]!);
      });
    } finally {
      await proxy.close();
    }
  }

  #ask<T>(figure: string, options: object): Promise<T> {
    return this.#with(figure, this.backend.uri, options, (child) => child.next<T>());
  }

  async #with<T>(
    figure: string,
    uri: string,
    options: object,
    work: (child: Child) => Promise<T>,
  ): Promise<T> {
    const child = await startChild(script, [this.name, figure, uri, JSON.stringify(options)]);
    try {
      return await this.deadline.hold(() => work(child));
    } finally {
      await child.stop();
    }
  }
}
