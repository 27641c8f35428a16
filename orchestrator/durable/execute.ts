import { setTimeout as sleep } from 'node:timers/promises';
import { attempt } from './attempt.ts';
import type { DurableAction } from './durable-action.ts';
import { toMs, type Duration } from './duration.ts';
import { isEnded, type AskedStep, type EndedStep, type OpenStep, type StepRecord } from './step.ts';
import { Suspension, type TimeLimit } from './suspension.ts';

/** A longer wait than this is cheaper if the run is suspended. */
const LONGEST_IDLE_MS = 30_000;

/** Where open steps are written. Each answers what stands: the first one written wins. */
export interface StepOpener {
  /** Writes a step before it has an outcome. */
  open(action: DurableAction, step: OpenStep): Promise<StepRecord>;
  /** Writes that the action of an open step has begun something to be watched. */
  watch(action: DurableAction, step: OpenStep): Promise<StepRecord>;
}

/** What a step is carried out with. */
export interface Execution {
  action: DurableAction;
  timeout: Duration | undefined;
  /** The step as an earlier pass left it open. */
  open: OpenStep | undefined;
  attemptsBefore: number;
  opener: StepOpener;
  time: TimeLimit;
}

/** A step with its outcome, and whether it stands in the store as open. */
export interface Executed {
  step: EndedStep;
  isOpen: boolean;
}

/**
 * Brings a step to its outcome, or throws a `Suspension` where that takes longer than the pass may wait.
 *
 * A step is written before its outcome only if its beginning has to outlive the pass: if it has a timeout, or if its
 * action has begun something to be watched.
 */
export async function execute(asked: AskedStep, execution: Execution): Promise<Executed> {
  const { action, timeout, opener, time } = execution;
  const { idempotencyKey, ...step } = asked;
  action.idempotencyKey = idempotencyKey;
  action.ref = step.ref;

  let isOpen = Boolean(execution.open);
  let standing: StepRecord = execution.open ?? { ...step, startedAt: new Date(), bag: {}, isWatched: false };
  if (timeout && !isOpen) {
    standing = await opener.open(action, standing);
    isOpen = true;
  }
  if (isEnded(standing)) return { step: standing, isOpen };

  const { startedAt } = standing;
  const deadline = timeout && new Date(startedAt.getTime() + toMs(timeout));
  let { attemptsBefore } = execution;
  if (!standing.isWatched) {
    const subject = { step, action, work: () => action.main(), attemptsBefore, deadline };
    const { outcome, attempts } = await attempt(subject, time);
    if (outcome !== 'OPEN')
      return { step: { ...step, startedAt, attempts, endedAt: new Date(), outcome }, isOpen };
    attemptsBefore = attempts - 1;
    const watched = { ...standing, bag: { ...action.bag }, isWatched: true };
    standing = await (isOpen ? opener.watch(action, watched) : opener.open(action, watched));
    if (isEnded(standing)) return { step: standing, isOpen: true };
  }

  action.bag = standing.bag;
  for (;;) {
    const subject = { step, action, work: () => action.watcher(), attemptsBefore, deadline };
    const { outcome, attempts } = await attempt(subject, time);
    if (outcome !== 'OPEN')
      return { step: { ...step, startedAt, attempts, endedAt: new Date(), outcome }, isOpen: true };
    await waitUntil(earlier(action.due, deadline), asked, action, time);
  }
}

async function waitUntil(due: Date, asked: AskedStep, action: DurableAction, time: TimeLimit): Promise<void> {
  const waitMs = Math.max(0, due.getTime() - Date.now());
  if (waitMs > LONGEST_IDLE_MS || time.remainingMs() < waitMs + time.stepMs) {
    const { id, ref } = asked;
    throw new Suspension({ step: id.toHexString(), ref, reason: action.waitReason, due, attempts: 0 });
  }
  await sleep(waitMs);
}

const earlier = (a: Date, b: Date | undefined) => (b && b < a ? b : a);
