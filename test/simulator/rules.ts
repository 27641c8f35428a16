/** What must hold in addition to the model's transitions; the numbers are those of the rules in docs/model.md. */
export const RULES = {
  transition: 'A run changes only as the model says.',
  identity: 'A key has one run. What is decided when it is created is part of that write, and stands.',
  history: 'A recorded outcome stays, and is never computed again, while its run is open.',
  key: 'A step has one idempotency key, at every attempt, pass and retry; no two steps share one.',
  holder: 'Only who holds a run changes it, and a lease is taken only where none stands.',
  flush: 'Nothing outside begins before all outcomes that led to it are on record.',
  progress: 'Every run ends once the faults do. What is due is not waited for.',
  deadline: 'What happened in time counts as in time, and nothing times out before its time.',
  operator: 'A fault of the operator blocks a run, and never ends it; nothing else blocks it.',
  attempts: 'What may pass is tried again, as often as the policy says; what will not is not.',
  answers: 'What a person or a tick was answered is true.',
  cancel:
    'A cancelled run does nothing more but undo. A run that may have acted unrecorded is not cancelled.',
  undo: 'The undo of each step that succeeded is done, last one first, where the run fails.',
  order: 'A workflow sees the outcomes in the order of the history, at every replay.',
  overlap: 'A run that is to wait for an earlier one does not start before that has ended.',
  retry: 'A retry keeps what was recorded before the step that failed, or before the one that is named.',
  retention: 'Nothing of an open run expires, nor of one that ended less long ago than the history is kept.',
} as const;

export type Rule = keyof typeof RULES;

/** Thrown where a rule does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
  constructor(
    readonly rule: Rule,
    message: string,
  ) {
    super(`${rule}: ${message}`);
  }
}

export function demand(holds: boolean, rule: Rule, message: () => string): asserts holds {
  if (!holds) throw new Violation(rule, message());
}
