import { ActionState } from '@wbce/orbits-core';
import { DurableAction } from '../../orchestrator/durable/durable-action.ts';

/** Fails as often as a test asks, and waits for hours before it is attempted again. */
export class Flaky extends DurableAction {
  static override permanentRef = 'flaky';
  static failures = 0;
  static attempts = 0;
  override readonly retryPolicy = { attempts: 2, firstBackoffMs: 2 ** 40, longestBackoffMs: 3_600_000 * 10 };

  override isRetriable(): boolean {
    return true;
  }

  override main(): Promise<ActionState> {
    Flaky.attempts++;
    if (Flaky.attempts <= Flaky.failures) return Promise.reject(new Error('not now'));
    this.setResult({});
    return Promise.resolve(ActionState.SUCCESS);
  }
}
