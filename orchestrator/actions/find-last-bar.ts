import { ActionState } from '@wbce/orbits-core';
import * as z from 'zod';
import { DurableAction } from '../durable/durable-action.ts';
import type { RetryPolicy } from '../durable/retry-policy.ts';
import type { RunControl } from '../durable/run-control.ts';
import type { Run } from '../durable/run.ts';
import { CheckStockPriceAction } from './check-stock-price.ts';
import { GenerateBuySellRecommendationAction } from './generate-buy-sell-recommendation.ts';

/** A late tick may have been decided after a newer one. */
const RUNS = 5;

let runs: Pick<RunControl, 'newestWith'> | undefined;

/** Gives the action of this process the runs that it reads. */
export function useRuns(control: Pick<RunControl, 'newestWith'>): void {
  runs = control;
}

const checked = z.object({ stockPrice: z.object({ last_bar: z.iso.datetime() }) });

/** Which bar was the newest that a decision has seen, by the runs that have decided before. */
export class FindLastBarAction extends DurableAction {
  static override permanentRef = 'find-last-bar';
  override readonly isRead = true;
  override readonly hasEffect = false;
  override readonly retryPolicy: RetryPolicy = {
    attempts: 8,
    firstBackoffMs: 200,
    longestBackoffMs: 60_000,
  };
  declare IArgument: { overlap: string };
  /** When that bar ended: ISO 8601. */
  declare IResult: { lastBar?: string };

  /** A run that can't be read now. */
  override isRetriable(): boolean {
    return true;
  }

  override async main(): Promise<ActionState> {
    if (!runs) throw new Error('No runs were set; call useRuns() before a run is started.');
    const action = GenerateBuySellRecommendationAction.permanentRef;
    const decided = await runs.newestWith(action, this.argument.overlap, RUNS);
    const lastBar = newestBar(decided);
    this.setResult({ ...(lastBar !== undefined && { lastBar }) });
    return ActionState.SUCCESS;
  }
}

/** The end of the newest bar that any of the runs has seen. */
export function newestBar(decided: Pick<Run, 'steps'>[]): string | undefined {
  const ends = decided.flatMap(({ steps }) => {
    const step = steps.find(({ action }) => action === CheckStockPriceAction.permanentRef);
    const result = step?.outcome.state === 'SUCCESS' ? step.outcome.result : undefined;
    return checked.safeParse(result).data?.stockPrice.last_bar ?? [];
  });
  return ends.sort().at(-1);
}
