import { Decimal } from 'decimal.js';
import * as z from 'zod';
import type { TradeType } from '../../functions/contracts/stock.ts';
import { RequestApprovalAction } from '../actions/request-approval.ts';
import type { DurableWorkflow } from '../durable/durable-workflow.ts';
import { note } from '../fields.ts';

/** The step in which a workflow waits for a person, and what an answer is. */
export const APPROVAL = {
  ref: 'approval',
  schema: z.strictObject({ approved: z.boolean(), note }),
};

/** Which orders a person has to approve, and for how long one is waited for. */
export interface ApprovalPolicy {
  /** Orders whose value, price times quantity, is above this; a decimal in dollars. */
  above: string;
  timeoutMinutes: number;
  /** Whether a request goes out. */
  ask?: true;
}

export function needsApproval(
  policy: ApprovalPolicy | undefined,
  price: string,
  qty: string,
): policy is ApprovalPolicy {
  return policy !== undefined && new Decimal(price).times(qty).gt(policy.above);
}

/** Asks a person and waits. Returns why the order must not be placed, or undefined if it may be. */
export async function refusalOf(
  workflow: DurableWorkflow,
  { timeoutMinutes, ask }: ApprovalPolicy,
  order: { symbol: string; recommendation: TradeType; price: string; qty: string },
): Promise<string | undefined> {
  const timeout = { minutes: timeoutMinutes };
  if (ask) {
    const run = String(workflow._id);
    const request = new RequestApprovalAction().setArgument({ run, ...order, timeoutMinutes });
    // A person who looks at `list` can answer without this request.
    await workflow.do('request-approval', request).catch(() => undefined);
  }
  try {
    const { approved, note } = await workflow.waitFor<z.output<typeof APPROVAL.schema>>(APPROVAL.ref, {
      timeout,
    });
    if (approved) return undefined;
    return note === undefined ? 'rejected' : `rejected: ${note}`;
  } catch (error) {
    if ((error as Error).name !== 'StepTimeoutError') throw error;
    return `no answer within ${timeoutMinutes} minutes`;
  }
}
