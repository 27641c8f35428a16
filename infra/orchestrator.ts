import { Duration } from 'aws-cdk-lib';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { NodeFunction } from './node-function.ts';

export interface OrchestratorProps {
  /** The symbols that a tick trades, separated by commas. */
  symbols: string;
  /** Shares in an order. */
  quantity: string;
  /** How many days finished runs are kept. */
  historyDays: string;
  /** How late a tick may come, in minutes. */
  maxTickAgeMinutes: string;
  timeout: Duration;
  /** Takes the events of invocations that failed to the end. */
  deadLetterQueue: IQueue;
}

/** The Lambda that runs the workflows. */
export class Orchestrator extends NodeFunction {
  constructor(
    scope: Construct,
    id: string,
    { symbols, quantity, historyDays, maxTickAgeMinutes, timeout, deadLetterQueue }: OrchestratorProps,
  ) {
    super(scope, id, {
      entry: 'orchestrator/handler.ts',
      timeout,
      // Loading the two MongoDB layers is bound by the processor, whose share grows with the memory.
      memorySize: 512,
      environment: {
        SYMBOLS: symbols,
        QUANTITY: quantity,
        HISTORY_DAYS: historyDays,
        MAX_TICK_AGE_MINUTES: maxTickAgeMinutes,
      },
      // The schedule invokes asynchronously, so its own retries end where Lambda's queue begins. A tick that fails is
      // tried again by Lambda; the key of the run makes that harmless. After that it is a dead letter.
      retryAttempts: 2,
      maxEventAge: Duration.minutes(5),
      onFailure: new SqsDestination(deadLetterQueue),
    });
  }

  /** Permission to invoke a function, and the variable under which the orchestrator finds its name. */
  mayInvoke(target: NodeFunction): void {
    target.grantInvoke(this);
    this.addEnvironment(`FUNCTION_${target.node.id.toUpperCase().replaceAll('-', '_')}`, target.functionName);
  }
}
