import { ActionState } from '@wbce/orbits-core';
import { DurableAction } from '../../orchestrator/durable/durable-action.ts';
import { noRetry, type RetryPolicy } from '../../orchestrator/durable/retry-policy.ts';

interface Parts {
  main?: (action: Scripted) => ActionState | Promise<ActionState>;
  watcher?: (action: Scripted) => ActionState | Promise<ActionState>;
  due?: () => Date;
  isRetriable?: (error: unknown) => boolean;
  retryPolicy?: RetryPolicy;
}

/** An action whose parts a test gives. */
export class Scripted extends DurableAction {
  static override permanentRef = 'scripted';
  declare IResult: object;
  parts: Parts = {};

  static of(parts: Parts): Scripted {
    return Object.assign(new Scripted(), { parts, retryPolicy: parts.retryPolicy ?? noRetry });
  }

  override isRetriable(error: unknown): boolean {
    return this.parts.isRetriable?.(error) ?? this.parts.retryPolicy !== undefined;
  }
  override get due(): Date {
    return this.parts.due?.() ?? new Date(this.clock.now() + 60_000);
  }
  override async main(): Promise<ActionState> {
    return (await this.parts.main?.(this)) ?? ActionState.SUCCESS;
  }
  override async watcher(): Promise<ActionState> {
    return (await this.parts.watcher?.(this)) ?? ActionState.SUCCESS;
  }
}

/** An attempt that never ends. */
export const hangs = (): Promise<never> => new Promise(() => undefined);

/** Fails each attempt, to be tried again after a wait that no pass can hold. */
export const LONG_BACKOFF: RetryPolicy = {
  attempts: 16,
  firstBackoffMs: 2 ** 40,
  longestBackoffMs: 15 * 60_000,
};
