import type { ActionState } from '@wbce/orbits-core';
import type { OpenStep, RecordedStep } from './step.ts';

/** What a pass has to write. */
export interface Changes {
  /** In the order of their ordinals. */
  ended: RecordedStep[];
  opened: OpenStep[];
  /** Whether it counts only if no signal came since the document was read: a wait has timed out. */
  ifNoSignal: boolean;
}

export const noChanges: Changes = { ended: [], opened: [], ifNoSignal: false };

/** How a run ends. */
export interface Ending {
  state: ActionState.SUCCESS | ActionState.ERROR;
  result: unknown;
  /** The step whose failure it is. */
  failedStep?: string | undefined;
}
