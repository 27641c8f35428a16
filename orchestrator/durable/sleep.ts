import { ActionState } from '@wbce/orbits-core';
import { DurableAction } from './durable-action.ts';
import { toMs, type Duration } from './duration.ts';

/** The action behind `sleep`: until an instant, or for a duration from when it is first asked for. */
export class SleepAction extends DurableAction {
  static override permanentRef = 'sleep';
  declare IArgument: { until: string } | { duration: Duration };
  declare IBag: { due: string };

  override readonly hasEffect = false;

  override main(): Promise<ActionState> {
    const { argument } = this;
    const due =
      'until' in argument ? new Date(argument.until) : new Date(this.clock.now() + toMs(argument.duration));
    this.bag = { due: due.toISOString() };
    return Promise.resolve(ActionState.IN_PROGRESS);
  }

  override get due(): Date {
    return new Date(this.bag.due);
  }

  override watcher(): Promise<ActionState> {
    return Promise.resolve(
      this.clock.now() < this.due.getTime() ? ActionState.IN_PROGRESS : ActionState.SUCCESS,
    );
  }

  override get waitReason(): string {
    return `step "${this.ref}" sleeps`;
  }
}
