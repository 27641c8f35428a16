import { ActionState } from '@wbce/orbits-core';
import type { RunDocument, StoredStep } from '../../orchestrator/durable/run-document.ts';
import { isAbandoned, ORBITS_LOCK_MS } from '../../orchestrator/durable/run-fields.ts';
import { runId } from '../../orchestrator/durable/ids.ts';
import { ATTEMPTS } from './actions.ts';
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

const PASSING = ['CalleeAwayError', 'AttemptTimeoutError'];
const OF_OPERATOR = [
  'UnknownWorkflowError',
  'NonDeterminismError',
  'CrashLoopError',
  'LeaseLostError',
  'MongoNetworkError',
];

/** A run, held against the model at each of its changes. */
export class JudgedRun {
  readonly model = new RunModel();
  document: RunDocument | undefined;
  history: StoredStep[] = [];
  /** All outcomes that were ever on record, by label. */
  readonly everRecorded = new Set<string>();
  /** What the run ended with, each time that it did. */
  readonly endings: string[] = [];
  openSince = 0;
  endedAt = 0;

  constructor(readonly key: string) {}

  /** Takes a change that a majority has. */
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
    for (const event of events) this.#judge(event, before, after, task, now);
    if (before && after) this.#identity(before, after, events);
    if (after) this.#standing(after, events);
    this.document = after;
    return events;
  }

  #judge(
    event: Event,
    before: RunDocument | undefined,
    after: RunDocument | undefined,
    task: Task | undefined,
    now: number,
  ): void {
    const who = task?.orchestrator;
    const isHolder = () =>
      who !== undefined && before?.bag.holder !== undefined && who.tokens.has(before.bag.holder);
    switch (event) {
      case 'created':
        return this.#created(after!, task, now);
      case 'claimed':
      case 'retried':
        demand(
          before!.bag.holder === undefined ||
            this.#isLeaseOver(before!, who!) ||
            !before!.cronActivity.pending,
          'holder',
          () => `${who?.name} claims run ${this.key}, which ${before!.bag.holder} holds`,
        );
        this.openSince = event === 'retried' ? now : this.openSince;
        if (event === 'retried') this.#retried(before!, after!, task);
        return;
      case 'recorded':
        demand(
          isHolder(),
          'holder',
          () => `${who?.name} records in run ${this.key}, which ${before!.bag.holder} holds`,
        );
        return this.#recorded(before!, after!);
      case 'started':
      case 'opened':
      case 'put off':
      case 'suspended':
      case 'blocked':
      case 'released':
        demand(
          isHolder(),
          'holder',
          () => `${who?.name} writes run ${this.key} ("${event}"), which ${before!.bag.holder} holds`,
        );
        if (event === 'suspended' || event === 'put off') this.#suspended(after!, who!);
        if (event === 'blocked') this.#blocked(after!);
        return;
      case 'succeeded':
      case 'failed':
      case 'undone':
        demand(
          isHolder(),
          'holder',
          () => `${who?.name} ends run ${this.key}, which ${before!.bag.holder} holds`,
        );
        this.endedAt = now;
        return this.#ended(before!, after!);
      case 'signalled':
        demand(
          after!.cronActivity.nextActivity.getTime() <= now + 600_000,
          'progress',
          () => `run ${this.key} got a signal, and is not due`,
        );
        return;
      case 'expired':
        this.history = [];
        return;
      default:
    }
  }

  #isLeaseOver({ cronActivity }: RunDocument, by: Orchestrator): boolean {
    return isAbandoned(cronActivity, new Date(by.clock.now()));
  }

  #created(after: RunDocument, task: Task | undefined, now: number): void {
    const { _id, filter, bag } = after;
    this.openSince = now;
    demand(
      _id.equals(runId(filter.key)),
      'identity',
      () => `run ${_id.toHexString()} is not that of its key`,
    );
    demand((bag.start?.skip !== undefined) === (task?.isSkipped === true), 'identity', () => {
      return `run ${this.key} was created by a tick that ${task?.isSkipped ? 'came too late' : 'is in time'}, and its document does not say so`;
    });
    demand(
      bag.recorded === 0 && bag.steps.length === 0,
      'history',
      () => `run ${this.key} begins with a history`,
    );
  }

  #identity(before: RunDocument, after: RunDocument, events: Event[]): void {
    const of = ({ actionRef, argument, filter, createdAt, bag }: RunDocument) =>
      JSON.stringify([actionRef, argument, filter, createdAt, bag.version, bag.start?.skip]);
    const isSame = of(before) === of(after) || after.state >= ActionState.SUCCESS;
    demand(isSame, 'identity', () => `run ${this.key} is another one: ${of(before)} became ${of(after)}`);
    const [was, is] = [before.bag.signals ?? {}, after.bag.signals ?? {}];
    const isKept = Object.entries(was).every(([step, { value }]) => is[step]?.value === value);
    demand(isKept, 'answers', () => `a signal of run ${this.key} is gone, or another one`);
    if (!events.includes('retried') && before.bag.cancelled) {
      demand(after.bag.cancelled !== undefined, 'cancel', () => `run ${this.key} is no longer cancelled`);
    }
  }

  #recorded(before: RunDocument, after: RunDocument): void {
    const [was, is] = [before.bag, after.bag];
    const isSealed = (is.pages?.length ?? 0) > (was.pages?.length ?? 0);
    const kept = isSealed ? [] : was.steps;
    const isPrefix = kept.every(({ id }, index) => is.steps[index]?.id === id);
    demand(
      isPrefix,
      'history',
      () => `run ${this.key} lost outcomes: ${labels(was.steps)} became ${labels(is.steps)}`,
    );
    if (isSealed) {
      demand(
        is.pages!.at(-1)!.end === this.history.length,
        'history',
        () => `a page of run ${this.key} ends at ${is.pages!.at(-1)!.end} of ${this.history.length}`,
      );
    }
    const added = is.steps.slice(kept.length);
    for (const step of added) {
      const isNew = this.history.every(({ id }) => id !== step.id);
      demand(isNew, 'history', () => `${step.ref} of run ${this.key} is recorded twice`);
      this.#step(step, before);
      this.history.push(step);
    }
    demand(
      is.recorded === this.history.length,
      'history',
      () => `run ${this.key} has ${this.history.length} outcomes, and says ${is.recorded}`,
    );
    for (const label of labelsOf(this.history)) this.everRecorded.add(label);
  }

  #step(
    { id, ref, action, argument, attempts, startedAt, endedAt, result, error }: StoredStep,
    before: RunDocument,
  ): void {
    const what = () => `${ref} of run ${this.key}`;
    const failure = error === undefined ? undefined : (JSON.parse(error) as { name: string });
    const took = endedAt.getTime() - startedAt.getTime();
    if (failure) {
      demand(!OF_OPERATOR.includes(failure.name), 'operator', () => `${what()} ended with ${failure.name}`);
      demand(failure.name !== 'TypeError', 'attempts', () => `${what()} failed: ${error}`);
    }
    if (failure?.name === 'CalleeRefusedError') {
      demand(attempts >= 1 && attempts <= ATTEMPTS, 'attempts', () => `${what()} had ${attempts} attempts`);
    }
    if (action !== 'inline' && failure && PASSING.includes(failure.name) && !before.bag.open?.[id]) {
      demand(
        attempts === ATTEMPTS,
        'attempts',
        () => `${what()} failed for good at attempt ${attempts}, with ${failure.name}`,
      );
    }
    if (action === 'sleep') {
      const { duration } = JSON.parse(argument) as { duration: { milliseconds: number } };
      demand(
        took >= duration.milliseconds,
        'deadline',
        () => `${what()} slept ${took} of ${duration.milliseconds} ms`,
      );
    }
    if (action === 'wait-for') {
      const signal = before.bag.signals?.[id];
      const { timeout } = JSON.parse(argument) as { timeout: { milliseconds: number } };
      if (failure) {
        demand(
          signal === undefined,
          'deadline',
          () => `${what()} timed out, and has the signal ${signal!.value}`,
        );
        demand(
          took >= timeout.milliseconds,
          'deadline',
          () => `${what()} timed out after ${took} of ${timeout.milliseconds} ms`,
        );
      } else {
        demand(
          signal?.value === result,
          'answers',
          () => `${what()} took ${result}; the signal is ${signal?.value}`,
        );
      }
    }
  }

  #suspended({ bag, cronActivity }: RunDocument, who: Orchestrator): void {
    const due = cronActivity.nextActivity.getTime();
    const first = Math.min(...(bag.waits ?? []).map((wait) => wait.due.getTime()));
    demand(due <= first, 'progress', () => `run ${this.key} is due later than its first wait`);
    for (const { step, ref } of bag.waits ?? []) {
      const isAnswered = bag.signals?.[step] !== undefined && due > who.clock.now() + 10_000;
      demand(!isAnswered, 'progress', () => `run ${this.key} waits for "${ref}", whose signal has come`);
    }
  }

  #blocked({ bag }: RunDocument): void {
    const { name, message } = bag.blocked!.error;
    demand(
      name !== 'NonDeterminismError',
      'order',
      () => `run ${this.key} does not match its history: ${message}`,
    );
  }

  #ended(before: RunDocument, after: RunDocument): void {
    const result = after.result as { skipped?: string; name?: string; seen?: string[]; message?: string };
    const isSkipped = before.bag.start?.skip !== undefined;
    demand(
      !isSkipped || result.skipped !== undefined,
      'identity',
      () => `run ${this.key} was to be skipped, and did something`,
    );
    demand(
      !isSkipped || this.history.length === 0,
      'identity',
      () => `run ${this.key} was to be skipped, and has steps`,
    );
    const blame = result.name ?? '';
    demand(
      !OF_OPERATOR.includes(blame),
      'operator',
      () => `run ${this.key} ended with ${blame}: ${result.message}`,
    );
    demand(
      !before.bag.cancelled || blame === 'RunCancelledError',
      'cancel',
      () => `run ${this.key} was cancelled, and ended with ${blame || 'a result'}`,
    );
    demand(
      after.bag.endedAt !== undefined,
      'retention',
      () => `run ${this.key} ended, and its retention does not begin`,
    );
    if (result.seen) {
      const seen = labelsOf(this.history).slice(0, result.seen.length);
      demand(
        result.seen.join() === seen.join(),
        'order',
        () => `run ${this.key} saw ${result.seen!.join()}; recorded is ${seen.join()}`,
      );
    }
    this.endings.push(JSON.stringify(after.result));
  }

  #retried(before: RunDocument, after: RunDocument, task: Task | undefined): void {
    const { recorded, cuts = 0 } = after.bag;
    const named = this.history.findIndex(({ ref }) => ref === task?.from);
    const failed = this.history.findIndex(({ id }) => id === before.bag.failedStep);
    const cut = task?.from === undefined ? failed : named;
    const expected = cut === -1 ? this.history.length : cut;
    demand(
      recorded === expected,
      'retry',
      () => `run ${this.key} was retried with ${recorded} outcomes in place of ${expected}`,
    );
    demand(
      cut === -1 || cuts > (before.bag.cuts ?? 0),
      'retry',
      () => `the history of run ${this.key} was cut, and its cuts are not counted`,
    );
    this.history = this.history.slice(0, recorded);
    demand(
      after.bag.endedAt === undefined,
      'retention',
      () => `run ${this.key} is open again, and would expire`,
    );
  }

  /** What a document says of its own history. */
  #standing({ bag, cronActivity, state }: RunDocument, events: Event[]): void {
    const sealed = bag.pages?.at(-1)?.end ?? 0;
    const inDocument = this.history.slice(sealed).map(({ id }) => id);
    const isWhole = inDocument.join() === bag.steps.map(({ id }) => id).join();
    demand(
      isWhole,
      'history',
      () => `the history of run ${this.key} is not what was recorded ("${events.join()}")`,
    );
    const until = (cronActivity.lastActivity?.getTime() ?? 0) + ORBITS_LOCK_MS;
    demand(
      state >= ActionState.SUCCESS || bag.endedAt === undefined,
      'retention',
      () => `run ${this.key} is open, and would expire`,
    );
    demand(Number.isFinite(until), 'holder', () => `the lease of run ${this.key} has no end`);
  }
}

/** `ref#occurrence ok`, as a workflow notes what it sees; its undos are no outcomes that it sees. */
export function labelsOf(history: StoredStep[]): string[] {
  const occurrences = new Map<string, number>();
  return history.map(({ ref, error }) => {
    const occurrence = occurrences.get(ref) ?? 0;
    occurrences.set(ref, occurrence + 1);
    return `${ref}#${occurrence} ${error === undefined ? 'ok' : 'failed'}`;
  });
}

const labels = (steps: StoredStep[]) => labelsOf(steps).join(', ');
