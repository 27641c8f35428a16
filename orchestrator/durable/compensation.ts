import type { DurableAction } from './durable-action.ts';
import { recordError, type RecordedError } from './errors.ts';
import type { Replay } from './replay.ts';
import { undoOf } from './step.ts';

export type Undo = (result: unknown) => DurableAction;

/** Of a failed run: the refs of the steps that were undone, and of those that could not be. */
export interface Undone {
  undone: string[];
  notUndone: { ref: string; error: RecordedError }[];
}

/** What undoes a failed run's steps: the undo of each one that succeeded, last one first, each a step of its own. */
export class Compensation {
  hasBegun = false;
  /** Steps that have no outcome yet, by ref. */
  readonly #pending = new Map<Promise<unknown>, string>();
  /** In the order in which the steps succeeded, which is the same at every replay. */
  readonly #undos: { ref: string; undo: () => DurableAction }[] = [];
  #isNeeded = false;

  /** From now on, a failure of the run undoes this step, if it succeeds. */
  cover(ref: string, outcome: Promise<unknown>, undo: Undo): void {
    this.#isNeeded = true;
    const covered: Promise<unknown> = outcome
      .then(
        (result) => this.#undos.push({ ref, undo: () => undo(result) }),
        () => undefined,
      )
      .finally(() => this.#pending.delete(covered));
    this.#pending.set(covered, ref);
  }

  /**
   * Answers what was undone and what could not be, if there was something to undo.
   *
   * @param isCancelled whether steps without an outcome stay so: the run was cancelled while it waited for them
   */
  async carryOut(replay: Replay, isCancelled: boolean): Promise<Undone | undefined> {
    this.hasBegun = true;
    if (!this.#isNeeded) return undefined;
    // A step that is still under way may yet succeed.
    if (!isCancelled) await Promise.all(this.#pending.keys());
    const { undone, notUndone }: Undone = { undone: [], notUndone: [] };
    for (const ref of this.#pending.values()) {
      const error = {
        name: 'StepOpenError',
        message: `step "${ref}" had no outcome when the run was cancelled`,
      };
      notUndone.push({ ref, error });
    }
    for (const { ref, undo } of this.#undos.toReversed()) {
      try {
        await replay.step(undoOf(ref), undo());
        undone.push(ref);
      } catch (undoError) {
        notUndone.push({ ref, error: recordError(undoError) });
      }
    }
    return undone.length + notUndone.length > 0 ? { undone, notUndone } : undefined;
  }
}
