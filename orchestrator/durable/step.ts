import type { Types } from 'mongoose';
import type { RecordedError } from './errors.ts';
import { isSameJson } from './json.ts';

/** How a step ended. */
export type Outcome = { state: 'SUCCESS'; result: unknown } | { state: 'ERROR'; error: RecordedError };

/** What a workflow asks for, whatever its outcome is. */
interface Step {
  id: Types.ObjectId;
  ref: string;
  /** The `permanentRef` of its action. */
  action: string;
  argument: unknown;
  /** Its place in the order in which the workflow asked for steps, from 0. */
  sequence: number;
}

/** A step that a workflow asks for. */
export interface AskedStep extends Step {
  idempotencyKey: string;
}

/** A step that is recorded before it has an outcome. */
export interface OpenStep extends Step {
  startedAt: Date;
  /** What its action's `watcher` needs to know. */
  bag: Record<string, unknown>;
  /** Whether its action's `main` is done, and `watcher` reports the outcome. */
  isWatched: boolean;
  /** Until when a signal counts, for a step that waits for one. */
  due?: Date;
  /** Whether it was begun before a retry, after which the workflow may ask for it, or not. */
  isSpare?: boolean;
}

/** A step whose outcome is known. */
export interface EndedStep extends Step {
  attempts: number;
  startedAt: Date;
  endedAt: Date;
  outcome: Outcome;
}

/** A step in the history. */
export interface RecordedStep extends EndedStep {
  /** Its place in the order in which outcomes were recorded, from 0; a replay delivers them in this order. */
  ordinal: number;
}

/** Whether a step that is asked for is the one that was recorded. */
export function isSame(recorded: EndedStep | OpenStep, asked: AskedStep): boolean {
  return recorded.action === asked.action && isSameJson(recorded.argument, asked.argument);
}

/** The ref of the step that undoes another one. */
export const undoOf = (ref: string) => `${UNDO}${ref}`;
export const isUndo = ({ ref }: { ref: string }) => ref.startsWith(UNDO);
const UNDO = 'undo ';

/** A step in an error's text: `step "buy" (action "buy-stock", argument {...})`. */
export function describeStep(step: { ref: string; action: string; argument: unknown }): string {
  return `step "${step.ref}" (action "${step.action}", argument ${JSON.stringify(step.argument)})`;
}
