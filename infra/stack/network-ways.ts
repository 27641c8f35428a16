import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { TraderConfig } from '../config/config.ts';
import { networkTargets, type NetworkTarget } from '../config/network.ts';

const USE: Record<NetworkTarget, string> = {
  lambda: 'the orchestrator invokes the functions',
  secretsmanager: 'the secrets are read',
  sns: 'notificationEmail gets messages',
  mongodb: 'runs and trades are kept',
  broker: 'orders are placed',
};

/** What the functions in the VPC call. AWS's own calls (Scheduler, SQS, X-Ray, logs) do not use the VPC. */
export function neededTargets({ mongodb, market, notificationEmail }: TraderConfig): NetworkTarget[] {
  const hasBroker = market.name !== 'simulated';
  const isNeeded: Record<NetworkTarget, boolean> = {
    lambda: true,
    secretsmanager: hasBroker || !('iamHost' in mongodb),
    sns: notificationEmail !== undefined,
    mongodb: true,
    broker: hasBroker,
  };
  return networkTargets.filter((target) => isNeeded[target]);
}

/** Warns about targets of the functions in the VPC that are not in `vpcReaches`. */
export function warnOfMissingWays(scope: Construct, config: TraderConfig): void {
  if (!config.vpc || config.vpc.reaches.includes('internet')) return;
  const { id, reaches } = config.vpc;
  const missing = neededTargets(config).filter((target) => !reaches.includes(target));
  if (missing.length === 0) return;
  const { region } = Stack.of(scope);
  const place = Token.isUnresolved(region) ? 'REGION' : region;
  const named = missing.map((target) => `${target} (${USE[target]}; ${wayTo(target, place)})`);
  Annotations.of(scope).addWarningV2(
    'orbits-trader:vpcReaches',
    `No way out of ${id} is known to: ${named.join(', ')}. A call would time out. Create the endpoints in the subnets, ` +
      'or a NAT gateway, and name them in vpcReaches, such as "lambda,secretsmanager,mongodb" or "internet".',
  );
}

function wayTo(target: NetworkTarget, region: string): string {
  if (target === 'broker') return 'NAT gateway or proxy';
  if (target === 'mongodb') return "Atlas's private endpoint";
  return `interface endpoint com.amazonaws.${region}.${target}`;
}
