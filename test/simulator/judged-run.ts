import { ActionState } from '@wbce/orbits-core';
import { runId } from '../../orchestrator/durable/ids.ts';
import type { RunDocument, StoredStep } from '../../orchestrator/durable/run-document.ts';
import { isAbandoned } from '../../orchestrator/durable/run-fields.ts';
import type { Callees } from './callees.ts';
import { judgeEnd, labelsOf } from './judged-end.ts';
import { judgeSignals } from './judged-retry.ts';
import { judgeAttempts, judgeStep } from './judged-step.ts';
import { RunModel, type Event } from './model.ts';
import type { Orchestrator } from './orchestrator.ts';
import { demand, Violation } from './rules.ts';

/** What an orchestrator was asked to do, as far as it says what its writes may be. */
export interface Task {
  orchestrator: Orchestrator;
  /** The tick that it carries out came too late. */
  isSkipped?: boolean;
  /** The step that a person wants executed again. */
  from?: string | undefined;
}

/** A change of a run that a majority of the store has. */
interface RunChange {
  before: RunDocument;
  after: RunDocument;
  task: Task | undefined;
  now: number;
}

/** Claims without any progress, before which no run is blamed for crashes. */
const FEWEST_CLAIMS = 10;

/** A signal, a claim or an end makes a run due at once; its clock may be skewed. */
const SOON_MS = 20_000;

/** Written by the one that holds the run alone. */
const OF_HOLDER: Event[] = [
  ...(['recorded', 'started', 'opened', 'put off', 'suspended', 'blocked', 'released'] as const),
  ...(['succeeded', 'failed', 'undone'] as const),
];

/** A run, held against the model and the rules at each of its changes. */
export class JudgedRun {
  readonly model = new RunModel();
  document: RunDocument | undefined;
  history: StoredStep[] = [];
  /** Outcomes that a retry has cut off, and that count again when the workflow asks for their very steps. */
  spare: StoredStep[] = [];
  /** All outcomes that were ever on record, by label. */
  readonly everRecorded = new Set<string>();
  /** Whether a job of it was ever on record as begun. A retry from a step before it begins it again, under its key. */
  hasWatched = false;
  /** The last signal that each step ever had. */
  readonly everSignalled = new Map<string, string>();
  /** What the run ended with, each time that it did. */
  readonly endings: string[] = [];
  openSince = 0;
  claimedAt = 0;
  endedAt = 0;
  isRetried = false;
  #claims = 0;
  /** Whether a pass over the run failed: then it may have made an attempt of which nothing is known. */
  #hasCrashed = false;
  /** Whether a pass crashed, and none after it has recorded an outcome or suspended the run. */
  #isUncertain = false;

  constructor(
    readonly key: string,
    readonly callees: Callees,
  ) {}

  /** Takes a change. */
  change(
    before: RunDocument | undefined,
    after: RunDocument | undefined,
    task: Task | undefined,
    now: number,
  ): Event[] {
    let events: Event[];
    try {
      events = this.model.follow(before, after, now);
    } catch (error) {
      throw new Violation('transition', `run ${this.key}: ${(error as Error).message}`);
    }
    if (!before && after) this.#created(after, task, now);
    if (before && after) {
      for (const event of events) this.#judge(event, { before, after, task, now });
      this.#identity(before, after, events.includes('retried'));
    }
    for (const [step, { value }] of Object.entries(after?.bag.signals ?? {}))
      this.everSignalled.set(step, value);
    const open = Object.values(after?.bag.open ?? {});
    this.hasWatched ||= open.some(({ isWatched, action }) => isWatched && action === 'job');
    if (after) this.#standing(after);
    else this.history = [];
    this.document = after;
    return events;
  }

  #judge(event: Event, change: RunChange): void {
    const { before, after, task, now } = change;
    if (OF_HOLDER.includes(event)) {
      const { holder } = before.bag;
      const isHolder = holder !== undefined && task?.orchestrator.tokens.has(holder);
      demand(isHolder === true, 'holder', () => {
        return `${task?.orchestrator.name} writes run ${this.key} ("${event}"), which ${holder} holds`;
      });
    }
    switch (event) {
      case 'claimed':
        this.#claimed(change);
        return;
      case 'retried':
        this.#claimed(change);
        this.#retried(change);
        return;
      case 'recorded':
        this.#isUncertain = false;
        this.#claims = 0;
        this.#recorded(before, after);
        return;
      case 'put off':
      case 'suspended':
        this.#isUncertain = false;
        this.#claims = 0;
        this.#suspended(after, task!.orchestrator);
        judgeAttempts(before, after, this.history);
        return;
      case 'released':
        this.#hasCrashed = true;
        return;
      case 'blocked':
        this.#blocked(after);
        judgeAttempts(before, after, this.history);
        return;
      case 'succeeded':
      case 'failed':
      case 'undone':
        this.endedAt = now;
        this.endings.push(JSON.stringify(after.result));
        judgeEnd(before, after, this.history);
        return;
      case 'signalled':
      case 'cancelled':
        if (event === 'signalled') this.#signalled(before, after);
        if (event === 'cancelled') {
          const tried = before.bag.waits?.find(({ attempts }) => attempts > 0);
          demand(!this.#isUncertain, 'cancel', () => `run ${this.key} was cancelled after a pass crashed`);
          demand(!tried, 'cancel', () => `run ${this.key} tries ${tried!.ref} again, and was cancelled`);
        }
        demand(after.cronActivity.nextActivity.getTime() <= now + SOON_MS, 'progress', () => {
          return `run ${this.key} was ${event}, and is not due`;
        });
        return;
      default:
    }
  }

  #created({ _id, filter, bag }: RunDocument, task: Task | undefined, now: number): void {
    this.openSince = this.claimedAt = now;
    this.#claims = 1;
    demand(_id.equals(runId(filter.key)), 'identity', () => `${_id.toHexString()} is not the run of its key`);
    demand((bag.start?.skip !== undefined) === (task?.isSkipped === true), 'identity', () => {
      const tick = task?.isSkipped ? 'came too late' : 'is in time';
      return `run ${this.key} was created by a tick that ${tick}, and its document does not say so`;
    });
    demand(
      bag.recorded === 0 && bag.steps.length === 0,
      'history',
      () => `run ${this.key} begins with a history`,
    );
  }

  #claimed({ before, task, now }: RunChange): void {
    const { holder } = before.bag;
    this.#hasCrashed ||= holder !== undefined;
    this.#isUncertain ||= holder !== undefined;
    const clock = new Date(task!.orchestrator.clock.now());
    const isFree =
      holder === undefined || !before.cronActivity.pending || isAbandoned(before.cronActivity, clock);
    demand(
      isFree,
      'holder',
      () => `${task!.orchestrator.name} claims run ${this.key}, which ${holder} holds`,
    );
    this.claimedAt = now;
    this.#claims++;
  }

  #identity(before: RunDocument, after: RunDocument, isRetried: boolean): void {
    const of = ({ actionRef, argument, filter, createdAt, bag }: RunDocument) =>
      JSON.stringify([actionRef, argument, filter, createdAt, bag.version, bag.start?.skip]);
    const isSame = of(before) === of(after) || after.state >= ActionState.SUCCESS;
    demand(isSame, 'identity', () => `run ${this.key} is another one: ${of(before)} became ${of(after)}`);
    const [was, is] = [before.bag.signals ?? {}, after.bag.signals ?? {}];
    const isUsed = (step: string) => this.history.some(({ id }) => id === step);
    const isKept = Object.entries(was).every(
      ([step, { value }]) => is[step]?.value === value || (!(step in is) && isUsed(step)),
    );
    demand(isKept || isRetried, 'answers', () => `a signal of run ${this.key} is gone, or another one`);
    const isCancelled = isRetried || !before.bag.cancelled || after.bag.cancelled !== undefined;
    demand(isCancelled, 'cancel', () => `run ${this.key} is no longer cancelled`);
  }

  #recorded(before: RunDocument, after: RunDocument): void {
    const [was, is] = [before.bag, after.bag];
    const isSealed = (is.pages?.length ?? 0) > (was.pages?.length ?? 0);
    const kept = isSealed ? [] : was.steps;
    const isPrefix = kept.every(({ id }, index) => is.steps[index]?.id === id);
    demand(isPrefix, 'history', () => `run ${this.key} lost outcomes when others were recorded`);
    const end = isSealed ? is.pages!.at(-1)!.end : this.history.length;
    demand(end === this.history.length, 'history', () => {
      return `a page of run ${this.key} ends at ${end} of ${this.history.length}`;
    });
    for (const step of is.steps.slice(kept.length)) {
      const isNew = this.history.every(({ id }) => id !== step.id);
      demand(isNew, 'history', () => `${step.ref} of run ${this.key} is recorded twice`);
      const isSpare = this.spare.some(({ id, result }) => id === step.id && result === step.result);
      if (!isSpare) judgeStep(step, before, this.callees, this.#hasCrashed);
      this.history.push(step);
    }
    demand(is.recorded === this.history.length, 'history', () => {
      return `run ${this.key} has ${this.history.length} outcomes, and says ${is.recorded}`;
    });
    for (const label of labelsOf(this.history)) this.everRecorded.add(label);
  }

  #suspended({ bag, cronActivity }: RunDocument, { clock }: Orchestrator): void {
    const due = cronActivity.nextActivity.getTime();
    const waits = bag.waits ?? [];
    const first = Math.min(...waits.map((wait) => wait.due.getTime()));
    demand(due <= first, 'progress', () => `run ${this.key} is due later than its first wait`);
    for (const { step, ref } of waits) {
      const isLost = bag.signals?.[step] !== undefined && due > clock.now() + SOON_MS;
      demand(!isLost, 'progress', () => `run ${this.key} waits for "${ref}", whose signal has come`);
      demand(ref !== 'blocked', 'operator', () => `run ${this.key} is blocked, and does not say so`);
    }
  }

  #blocked({ bag }: RunDocument): void {
    const { name, message } = bag.blocked!.error;
    demand(
      name !== 'NonDeterminismError',
      'order',
      () => `run ${this.key} does not match its history: ${message}`,
    );
    const isBlamed = name === 'CrashLoopError' && this.#claims < FEWEST_CLAIMS;
    if (name !== 'CrashLoopError') this.#claims--;
    demand(
      !isBlamed,
      'operator',
      () => `run ${this.key} is blocked after ${this.#claims} claims: ${message}`,
    );
  }

  #signalled(before: RunDocument, after: RunDocument): void {
    for (const [step, { at }] of Object.entries(after.bag.signals ?? {})) {
      const due = before.bag.open?.[step]?.due;
      const isInTime = before.bag.signals?.[step] !== undefined || due === undefined || at < due;
      demand(isInTime, 'deadline', () => `run ${this.key} took a signal after the deadline of its wait`);
      const isNew = before.bag.signals?.[step] === undefined;
      const isOver = isNew && this.history.some(({ id }) => id === step);
      demand(!isOver, 'answers', () => `run ${this.key} took a signal for a wait that has ended`);
    }
  }

  #retried({ before, after, task, now }: RunChange): void {
    this.openSince = now;
    this.isRetried = true;
    this.#claims = 1;
    const { recorded, retries = 0 } = after.bag;
    const isCut = ({ id, ref }: StoredStep) =>
      task?.from === undefined ? id === before.bag.failedStep : ref === task.from;
    const cut = this.history.findIndex(isCut);
    const expected = cut === -1 ? this.history.length : cut;
    demand(recorded === expected, 'retry', () => {
      return `run ${this.key} was retried with ${recorded} outcomes in place of ${expected}`;
    });
    const isCounted = retries === (before.bag.retries ?? 0) + 1;
    demand(isCounted, 'retry', () => `the retries of run ${this.key} are not counted`);
    const cutOff = this.history.slice(recorded);
    // A wait takes its signal again.
    const done = cutOff.filter(({ error, action }) => error === undefined && action !== 'wait-for');
    this.spare = task?.from === undefined ? [...this.spare, ...done] : [];
    this.history = this.history.slice(0, recorded);
    judgeSignals(before, after, this.history, cutOff, task?.from !== undefined);
  }

  /** What a document says of its own history and retention. */
  #standing({ bag, state }: RunDocument): void {
    const sealed = bag.pages?.at(-1)?.end ?? 0;
    const expected = this.history.slice(sealed).map(({ id }) => id);
    const isWhole = expected.join() === bag.steps.map(({ id }) => id).join();
    demand(isWhole, 'history', () => `the history of run ${this.key} is not what was recorded`);
    const isLasting = state >= ActionState.SUCCESS || bag.endedAt === undefined;
    demand(isLasting, 'retention', () => `run ${this.key} is open, and would expire`);
  }
}
