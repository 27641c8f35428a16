import { ActionState } from '@wbce/orbits-core';
import type { TradeType } from '../../functions/contracts/stock.ts';
import { DurableAction } from '../durable/durable-action.ts';
import type { RetryPolicy } from '../durable/retry-policy.ts';
import type { Notice, Notifier } from './notifier.ts';

let notifier: Notifier | undefined;
let functionName = '';

/** Gives the action of this process its notifier, and the name of the orchestrator's function. */
export function useNotifier(topic: Notifier, orchestrator: string): void {
  notifier = topic;
  functionName = orchestrator;
}

/** Asks a person, through the topic, to approve or reject an order. A repeat may make it two messages. */
export class RequestApprovalAction extends DurableAction {
  static override permanentRef = 'request-approval';
  declare IArgument: {
    run: string;
    symbol: string;
    recommendation: TradeType;
    price: string;
    qty: string;
    timeoutMinutes: number;
  };
  declare IResult: { sent: boolean };
  override readonly retryPolicy: RetryPolicy = { attempts: 4, firstBackoffMs: 200, longestBackoffMs: 2_000 };

  override isRetriable(): boolean {
    return true;
  }

  override async main(): Promise<ActionState> {
    await notifier?.publish(requestOf(this.argument, functionName));
    this.setResult({ sent: notifier !== undefined });
    return ActionState.SUCCESS;
  }
}

export function requestOf(
  { run, symbol, recommendation, price, qty, timeoutMinutes }: RequestApprovalAction['IArgument'],
  orchestrator: string,
): Notice {
  const order = `${recommendation} ${qty} ${symbol} at ${price}`;
  // The reader's default region may be another one, or not set.
  const region = process.env['AWS_REGION'] ?? 'us-east-1';
  const commands = (['approve', 'reject'] as const).map(
    (command) =>
      `To ${command}:\n\n` +
      `  AWS_REGION=${region} npm run trader -- ${command} ${run} --function ${orchestrator}\n\n` +
      `or\n\n` +
      `  aws lambda invoke --region ${region} --function-name ${orchestrator} --payload fileb:///dev/stdin /dev/stdout ` +
      `<<< '{"command":"${command}","id":"${run}"}'\n`,
  );
  return {
    subject: `Approve? ${order}`,
    text:
      `The recommendation is to ${order}. It waits for ${timeoutMinutes} minutes; after that there is no trade.\n\n` +
      commands.join('\n'),
  };
}
