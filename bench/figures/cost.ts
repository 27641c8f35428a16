import type { Contestant } from '../contestants/contestant.ts';
import { perMillionCommands, prices } from '../prices.ts';
import { rounded } from '../support/statistics.ts';

/**
 * Dollars for a million runs, one a tick: the schedule, the orchestrator's invocation, its measured duration, and the
 * store's commands or the service's operations. The functions that the steps invoke cost everybody the same.
 */
export function costPerMillionRuns(
  { billing }: Contestant,
  { runMs, memoryMb, commands }: { runMs: number; memoryMb: number; commands: number },
): number {
  const { lambda, scheduler } = prices;
  const gbSeconds = (runMs / 1000) * (memoryMb / 1024) * 1e6;
  return rounded(
    scheduler.perMillionInvocations +
      billing.invocations * lambda.perMillionRequests +
      gbSeconds * lambda.perGbSecondArm64 +
      commands * perMillionCommands() +
      (billing.durableOperations ?? 0) * lambda.perMillionDurableOperations,
  );
}

export function stepFunctionsPerMillionRuns(): number {
  const { stepFunctions, scheduler } = prices;
  return (
    stepFunctions.transitionsPerRun * stepFunctions.perMillionTransitions + scheduler.perMillionInvocations
  );
}
