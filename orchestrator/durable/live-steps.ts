import { hasTime } from './attempt.ts';
import type { Clock } from './clock.ts';
import type { DurableAction } from './durable-action.ts';
import type { Duration } from './duration.ts';
import { StuckWorkflowError } from './errors.ts';
import { execute } from './execute.ts';
import type { ReplayOptions } from './replay-options.ts';
import { Slots } from './slots.ts';
import { isSame, type AskedStep, type EndedStep, type OpenStep, type RecordedStep } from './step.ts';
import { Suspension, type Wait } from './suspension.ts';

/** A workflow that does something of its own between two steps (it should not) gets this long before it is doubted. */
const GRACE_MS = 50;

export async function grace(clock: Clock): Promise<void> {
  await clock.sleep(GRACE_MS);
  // In a process that was busy for so long, the workflow had no turn meanwhile.
  for (let turn = 0; turn < 3; turn++) await clock.turn();
}

/** How many steps of a run are executed at a time. */
const PARALLEL_STEPS = 50;

/** A step that is not on record. */
export interface LiveStep {
  asked: AskedStep;
  action: DurableAction;
  timeout: Duration | undefined;
  /** As an earlier pass left it open. */
  open: OpenStep | undefined;
  /** Whether it is still to be executed, asked when its turn has come. */
  isWanted(this: void): boolean;
  /** Its outcome has a place in the history: the workflow is to see it now. */
  ended(this: void, step: RecordedStep): void;
}

/**
 * The steps of a pass that are not on record. Executes them, some at a time, and gives their outcomes one place after the
 * other in the history.
 *
 * A step that must wait for longer than the pass may is parked, and leaves the others to go on; once none can, the pass
 * ends in a `Suspension`.
 */
export class LiveSteps {
  /** Why steps wait for longer than this pass does. */
  readonly parked: Wait[] = [];
  readonly #options: ReplayOptions;
  readonly #stop: (reason: Error) => void;
  readonly #spare: Map<string, EndedStep>;
  readonly #waits: Map<string, Wait>;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #slots = new Slots(PARALLEL_STEPS);
  readonly #closing = new AbortController();
  #ending: Promise<unknown> = Promise.resolve();
  /** Outcomes that the workflow has not seen yet. */
  #endingCount = 0;

  /** @param stop ends the pass, which can't go on */
  constructor(options: ReplayOptions, stop: (reason: Error) => void) {
    this.#options = options;
    this.#stop = stop;
    this.#spare = new Map(options.spare.map((step) => [step.id.toHexString(), step]));
    this.#waits = new Map((options.journal.document.bag.waits ?? []).map((wait) => [wait.step, wait]));
    void this.#watch();
  }

  /** Waits of steps that must be executed before the run ends. */
  get unattempted(): Wait[] {
    return this.parked.filter(({ isUnattempted }) => isUnattempted);
  }

  /** @param replayed settles once the workflow has seen what is recorded */
  add(step: LiveStep, replayed: Promise<void>): void {
    const work = replayed
      .then(() => this.#execute(step))
      .finally(() => {
        this.#underWay.delete(work);
        return this.#suspendWhereAllWait();
      });
    this.#underWay.add(work);
  }

  /** The workflow asks for nothing more, and waits for nothing. */
  close(): void {
    this.#closing.abort();
  }

  /** Waits for the steps that it has asked for, until each has its outcome or is parked. */
  async ended(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #execute({ asked, action, timeout, open, isWanted, ended }: LiveStep): Promise<void> {
    await this.#slots.take();
    try {
      if (!isWanted()) return;
      const { time, clock, journal, observer } = this.#options;
      const id = asked.id.toHexString();
      const spare = this.#spare.get(id);
      if (spare && isSame(spare, asked)) {
        await this.#end({ ...spare, sequence: asked.sequence }, false, ended);
        return;
      }
      observer?.stepStarted(asked);
      const signal = journal.document.bag.signals?.[id];
      const wait = this.#waits.get(id);
      const step = await execute(asked, { action, timeout, open, wait, signal, journal, time, clock });
      await this.#end(step, action.takesSignal && !signal, ended);
    } catch (error) {
      if (error instanceof Suspension) this.#park(error.waits);
      else this.#stop(error as Error);
    } finally {
      this.#slots.giveBack();
    }
  }

  /** Gives one outcome at a time its place: the next one gets it after the workflow has seen this one. */
  #end(step: EndedStep, ifNoSignal: boolean, see: LiveStep['ended']): Promise<void> {
    this.#endingCount++;
    const ended = this.#ending.then(async () => {
      see(await this.#options.journal.end(step, ifNoSignal));
      await this.#options.clock.turn();
      // Another branch may work for long, and crash: what is done need not be done again.
      if (--this.#endingCount === 0 && this.#underWay.size > 1) this.#flush();
    });
    this.#ending = ended.catch(() => undefined);
    return ended;
  }

  #park(waits: Wait[]): void {
    this.parked.push(...waits);
    // The start of a wait is on record even if the process crashes while another branch works.
    if (this.#underWay.size > 1) this.#flush();
  }

  #flush(): void {
    this.#options.journal.flush().catch((error: unknown) => this.#stop(error as Error));
  }

  async #suspendWhereAllWait(): Promise<void> {
    if (this.#underWay.size > 0 || this.parked.length === 0 || this.#isClosed) return;
    await grace(this.#options.clock);
    const [first, ...others] = this.parked;
    if (this.#underWay.size === 0 && first && !this.#isClosed) this.#stop(new Suspension(first, ...others));
  }

  /** Ends the pass in time if the workflow waits for something of its own, of which nothing is known here. */
  async #watch(): Promise<void> {
    const { time, clock } = this.#options;
    for (;;) {
      const leftMs = time.remainingMs() - time.stepMs;
      if (leftMs === Infinity) return;
      await clock.sleep(Math.max(leftMs, GRACE_MS), this.#closing.signal);
      if (this.#isClosed) return;
      if (hasTime(time) || this.#underWay.size + this.parked.length > 0) continue;
      this.#stop(new StuckWorkflowError());
    }
  }
}
