import { Duration } from 'aws-cdk-lib';
import type { IDestination } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { NAMESPACE } from './metrics.ts';
import { NodeFunction, type NodeFunctionProps } from './node-function.ts';
import type { Watchlist } from '../config/watchlist.ts';

export interface OrchestratorProps extends Omit<NodeFunctionProps, 'entry' | 'environment'> {
  watchlist: Watchlist;
  /** The variables that the configuration declares. */
  variables: Record<string, string>;
  /** Whether a run asks about the limits before it trades. */
  checkLimits: boolean;
  /** Whether a run has to know which bars the decision before has seen. */
  decidesOnBars: boolean;
  /** Receives the events of invocations whose retries failed too. */
  deadLetterQueue: IQueue;
}

/** The Lambda that runs the workflows. */
export class Orchestrator extends NodeFunction {
  constructor(
    scope: Construct,
    id: string,
    { watchlist, variables, checkLimits, decidesOnBars, deadLetterQueue, ...props }: OrchestratorProps,
  ) {
    super(scope, id, {
      ...props,
      entry: 'orchestrator/handler.ts',
      environment: {
        ...(watchlist.variable !== undefined && { SYMBOLS: watchlist.variable }),
        ...(watchlist.inStore && { WATCHLIST: 'store' }),
        ...variables,
        ...(checkLimits && { CHECK_LIMITS: 'true' }),
        ...(decidesOnBars && { DECIDES_ON_BARS: 'true' }),
        POWERTOOLS_METRICS_NAMESPACE: NAMESPACE,
      },
      // The schedule invokes asynchronously: its own retries end when Lambda's queue has the event. Lambda tries a tick
      // that fails again, which is safe because of the run's key. After that it is a dead letter.
      retryAttempts: 2,
      maxEventAge: Duration.minutes(5),
      onFailure: queueDestination(deadLetterQueue),
    });
    this.allow(['sqs:SendMessage'], [deadLetterQueue.queueArn]);
  }

  /** Permission to invoke a function, and the variable under which the orchestrator finds its name. */
  mayInvoke(target: NodeFunction): void {
    this.allow(['lambda:InvokeFunction'], [target.functionArn]);
    this.addEnvironment(`FUNCTION_${target.node.id.toUpperCase().replaceAll('-', '_')}`, target.functionName);
  }
}

/** CDK's own destination would also let the function read the queue's attributes. */
function queueDestination(queue: IQueue): IDestination {
  return { bind: () => ({ destination: queue.queueArn }) };
}
