import type { ActionState } from '@wbce/orbits-core';
import type { OpenStep, RecordedStep } from './step.ts';

/** What a pass has to write. */
export interface Changes {
  /** In the order of their ordinals. */
  ended: RecordedStep[];
  opened: OpenStep[];
  /** Steps that are on record as begun, and were not: there was no time. */
  withdrawn: string[];
  /** Whether it counts only if no signal came since the document was read: a wait has timed out. */
  ifNoSignal: boolean;
}

export const noChanges: Changes = { ended: [], opened: [], withdrawn: [], ifNoSignal: false };

/** How a run ends. */
export interface Ending {
  state: ActionState.SUCCESS | ActionState.ERROR;
  result: unknown;
  /** Whether steps were undone, or could not be: then it can't be retried. */
  isUndone?: boolean;
  /** The step whose failure it is. */
  failedStep?: string | undefined;
}
