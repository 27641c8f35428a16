import type { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { NodeFunction } from './node-function.ts';

export interface OrchestratorProps {
  /** The symbols that a tick trades, separated by commas. */
  symbols: string;
  /** Shares in an order. */
  quantity: string;
  timeout: Duration;
}

/** The Lambda that runs the workflows. */
export class Orchestrator extends NodeFunction {
  constructor(scope: Construct, id: string, { symbols, quantity, timeout }: OrchestratorProps) {
    super(scope, id, {
      entry: 'orchestrator/handler.ts',
      timeout,
      // Loading the two MongoDB layers is bound by the processor, whose share grows with the memory.
      memorySize: 512,
      environment: { SYMBOLS: symbols, QUANTITY: quantity },
      // Retries of a failed tick are the schedule's: with Lambda's own, one delivery would be tried three times each.
      retryAttempts: 0,
    });
  }

  /** Permission to invoke a function, and the variable under which the orchestrator finds its name. */
  mayInvoke(target: NodeFunction): void {
    target.grantInvoke(this);
    this.addEnvironment(`FUNCTION_${target.node.id.toUpperCase().replaceAll('-', '_')}`, target.functionName);
  }
}
