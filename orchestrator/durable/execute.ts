import { ActionState } from '@wbce/orbits-core';
import { attempt, fits, hasTime, pause, tooLittleTime, waitOf } from './attempt.ts';
import type { Clock } from './clock.ts';
import type { DurableAction } from './durable-action.ts';
import { toMs, type Duration } from './duration.ts';
import { recordError, StepTimeoutError } from './errors.ts';
import type { Journal } from './journal.ts';
import { toJson } from './json.ts';
import type { StoredSignal } from './run-document.ts';
import type { AskedStep, EndedStep, OpenStep, Outcome } from './step.ts';
import { Suspension, type TimeLimit, type Wait } from './suspension.ts';

/** A longer wait than this is cheaper if the run is suspended. */
const LONGEST_IDLE_MS = 30_000;

/** Between two looks at what is in progress. */
const SHORTEST_IDLE_MS = 100;

/** What a step is executed with. */
export interface Execution {
  action: DurableAction;
  timeout: Duration | undefined;
  /** The step as an earlier pass left it open. */
  open: OpenStep | undefined;
  /** Why an earlier pass did not go on with it. */
  wait: Wait | undefined;
  /** What came for it from outside. */
  signal: StoredSignal | undefined;
  journal: Journal;
  time: TimeLimit;
  clock: Clock;
}

/**
 * Brings a step to its outcome, or throws a `Suspension` if that takes longer than the pass may wait.
 *
 * A step is written before its outcome only if its start must outlive the pass: if it has a timeout, or if its action
 * has started something to be watched.
 */
export async function execute(asked: AskedStep, execution: Execution): Promise<EndedStep> {
  const { action, timeout, journal, time, clock, wait, signal } = execution;
  const { idempotencyKey, ...step } = asked;
  Object.assign(action, { idempotencyKey, ref: step.ref, clock, signal });

  // A pass that crashed may have made an attempt of which nothing is known.
  const fewest = journal.isAfterCrash && action.hasEffect ? 1 : 0;
  const attemptsBefore = Math.max(wait?.attempts ?? 0, fewest);
  // Another branch, or a signal, has resumed the run: it is not this step's time yet.
  if (wait && !signal) {
    const known = execution.open?.isWatched ? wait.attempts : attemptsBefore;
    await pause({ ...wait, attempts: known }, LONGEST_IDLE_MS, time, clock);
  }
  if (!hasTime(time)) throw tooLittleTime(asked, attemptsBefore, clock);

  // An earlier pass may have recorded its start, and then had no time for an attempt.
  const begun = attemptsBefore > 0 || execution.open?.isWatched ? execution.open : undefined;
  let open: OpenStep = begun ?? { ...step, startedAt: new Date(clock.now()), bag: {}, isWatched: false };
  const { startedAt } = open;
  const ended = (outcome: EndedStep['outcome'], attempts: number): EndedStep => {
    return { ...step, startedAt, attempts, endedAt: new Date(clock.now()), outcome };
  };
  const refusal = timeout && !begun ? tryToOpen(open, journal) : undefined;
  if (refusal) return ended(refusal, 0);
  if (action.hasEffect) await journal.act(action.isRead);

  const deadline = timeout && new Date(startedAt.getTime() + toMs(timeout));
  const subject = { step: asked, action, attemptsBefore, deadline };

  let watched = { bag: open.bag, due: startedAt, reason: '' };
  /** What is in progress is looked at in the same attempt: a bag or a due date that can't be stored fails the step. */
  const watching = async (work: () => ActionState | Promise<ActionState>) => {
    const state = await work();
    if (state === ActionState.IN_PROGRESS) {
      watched = { bag: toJson(action.bag) as OpenStep['bag'], due: dueOf(action), reason: action.waitReason };
    }
    return state;
  };

  if (!open.isWatched) {
    const work = () => watching(() => action.main());
    const { outcome, attempts } = await attempt({ ...subject, work }, time, clock).catch((error: unknown) => {
      // No clock starts before the first attempt.
      if (timeout && error instanceof Suspension && error.waits[0]?.attempts === 0) journal.withdraw(step.id);
      throw error;
    });
    if (outcome !== 'OPEN') return ended(outcome, attempts);
    subject.attemptsBefore = attempts - 1;
    const until = action.takesSignal ? { due: watched.due } : {};
    open = { ...open, bag: watched.bag, isWatched: true, ...until };
    const refusal = tryToOpen(open, journal);
    if (refusal) return ended(refusal, attempts);
  }

  action.bag = open.bag;
  for (;;) {
    // What is done in time counts as in time, however late it is looked at: so the deadline is judged after the look.
    const look = { ...subject, deadline: undefined, work: () => watching(() => action.watcher()) };
    const { outcome, attempts } = await attempt(look, time, clock);
    if (outcome !== 'OPEN') return ended(outcome, attempts);
    if (deadline && clock.now() >= deadline.getTime()) {
      const error = recordError(new StepTimeoutError(step.ref, deadline));
      return ended({ state: 'ERROR', error }, attempts);
    }
    // An action that is always due is not asked without a pause.
    const due = new Date(Math.max(watched.due.getTime(), clock.now() + SHORTEST_IDLE_MS));
    const next = waitOf(asked, watched.reason, earlier(due, deadline));
    if (fits(next, LONGEST_IDLE_MS, time, clock)) await journal.flush();
    await pause(next, LONGEST_IDLE_MS, time, clock);
  }
}

/** What is too large to be on record as begun fails the step. */
function tryToOpen(open: OpenStep, journal: Journal): Outcome | undefined {
  try {
    journal.open(open);
    return undefined;
  } catch (error) {
    return { state: 'ERROR', error: recordError(error) };
  }
}

function dueOf(action: DurableAction): Date {
  const { due } = action;
  if (due instanceof Date && !Number.isNaN(due.getTime())) return due;
  throw new RangeError(`the due date of action "${action.dbDoc.actionRef}" is not a date`);
}

const earlier = (a: Date, b: Date | undefined) => (b && b < a ? b : a);
