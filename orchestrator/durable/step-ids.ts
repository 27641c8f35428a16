import type { Types } from 'mongoose';
import { stepId } from './ids.ts';

/** Gives the steps of a run their ids, by how often each ref was used. */
export class StepIds {
  readonly #run: Types.ObjectId;
  readonly #occurrences = new Map<string, number>();
  /** Refs whose step has no outcome yet. */
  readonly #unsettled = new Set<string>();

  constructor(run: Types.ObjectId) {
    this.#run = run;
  }

  /** @param scope what the step shares its idempotency keys with */
  next(ref: string, scope: string | undefined): { id: Types.ObjectId; idempotencyKey: string } {
    this.#unsettled.add(ref);
    const id = stepId(this.#run, ref, this.#occurrence(`ref ${ref}`));
    const key = scope ? stepId(this.#run, `scope ${scope}`, this.#occurrence(`scope ${scope}`)) : id;
    return { id, idempotencyKey: key.toHexString() };
  }

  /** The step of this ref has an outcome. */
  settle(ref: string): void {
    this.#unsettled.delete(ref);
  }

  /** What is wrong with the use of a ref right now. */
  misuseOf(ref: string): string | undefined {
    if (!this.#unsettled.has(ref)) return undefined;
    return `Step "${ref}" is asked for while another step with the same ref is under way. Give each branch its own refs, such as "${ref} 1".`;
  }

  #occurrence(counter: string): number {
    const occurrence = this.#occurrences.get(counter) ?? 0;
    this.#occurrences.set(counter, occurrence + 1);
    return occurrence;
  }
}
