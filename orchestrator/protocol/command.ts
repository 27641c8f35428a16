import type { ActionApp } from '@wbce/orbits-core';
import type * as z from 'zod';
import type { LambdaInvoker } from '../actions/lambda-invoker.ts';
import type { Config } from '../config.ts';
import type { RunControl } from '../durable/run-control.ts';
import type { Runner } from '../durable/runner.ts';
import type { TimeLimit } from '../durable/suspension.ts';
import type { LedgerLog } from '../tick/compare-ledger.ts';
import type { HoursLog } from '../tick/market-at-tick.ts';
import type { FailureLog } from '../tick/resume-open.ts';

/** One invocation of the orchestrator: what a command works with. */
export interface Invocation {
  /** Lambda's id of the request. */
  requestId: string;
  now: Date;
  config: Config;
  app: ActionApp;
  runs: RunControl;
  runner: Runner;
  /** What this invocation has left. */
  time: TimeLimit;
  log: FailureLog;
  hoursLog: HoursLog;
  ledgerLog: LedgerLog;
  invoker: LambdaInvoker;
}

/** What an event may ask for. Its name is its key in `commands.ts`. */
export interface Command<Takes extends z.ZodRawShape = z.ZodRawShape, Answer extends z.ZodType = z.ZodType> {
  does: string;
  /** The members of the event, other than `command`. */
  takes: Takes;
  answers: Answer;
  handle(event: z.output<z.ZodObject<Takes>>, invocation: Invocation): Promise<z.output<Answer>>;
}

/** Declares a command: its handler gets the event that `takes` describes, and returns the answer that `answers` does. */
export function command<Takes extends z.ZodRawShape, Answer extends z.ZodType>(
  declared: Command<Takes, Answer>,
): Command<Takes, Answer> {
  return declared;
}

/** Thrown when a command can't be done; the run is unchanged. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}
