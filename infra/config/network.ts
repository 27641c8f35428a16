import type * as z from 'zod';
import { ConfigError } from './config-error.ts';
import { key, takesOf } from './key.ts';
import { list, matching } from './values.ts';

/** What a function in a VPC may have to reach; `internet` is a way to all of it. */
export const networkTargets = ['lambda', 'secretsmanager', 'sns', 'mongodb', 'broker'] as const;
export type NetworkTarget = (typeof networkTargets)[number];

/** The network from which MongoDB is reached. */
export const networkKeys = {
  vpcId: key(
    matching(/^vpc-[0-9a-f]{8,17}$/, 'the id of a VPC, such as "vpc-0a1b2c3d4e5f60718"').optional(),
    { does: 'the network from which MongoDB is reached; set this and the next two, or none of them' },
  ),
  subnetIds: key(
    list(/^subnet-[0-9a-f]{8,17}$/, 'ids of subnets of the VPC, separated by commas').optional(),
    { does: 'private subnets' },
  ),
  securityGroupIds: key(
    list(/^sg-[0-9a-f]{8,17}$/, 'ids of security groups of the VPC, separated by commas').optional(),
    { does: "may reach MongoDB's endpoint, and HTTPS" },
  ),
  vpcReaches: key(
    list(
      new RegExp(`^(internet|${networkTargets.join('|')})$`),
      `"internet", or some of "${networkTargets.join(',')}"`,
    ).optional(),
    {
      does: 'what the subnets have a way to: everything by a NAT gateway, or each by an endpoint; `cdk synth` warns about what is called and is not in this list',
    },
  ),
};

export interface Network {
  id: string;
  subnetIds: string[];
  securityGroupIds: string[];
  reaches: string[];
}

export function toNetwork({
  vpcId,
  subnetIds,
  securityGroupIds,
  vpcReaches = [],
}: z.output<z.ZodObject<typeof networkKeys>>): Network | undefined {
  if (vpcId !== undefined && subnetIds && securityGroupIds) {
    return { id: vpcId, subnetIds, securityGroupIds, reaches: vpcReaches };
  }
  const ids = { vpcId, subnetIds, securityGroupIds };
  const missing = (Object.keys(ids) as (keyof typeof ids)[]).filter((name) => ids[name] === undefined);
  if (missing.length < Object.keys(ids).length) {
    throw new ConfigError(
      missing.map(
        (name) => `${name} is not set, expected ${takesOf(networkKeys[name])} with the other keys of the VPC`,
      ),
    );
  }
  if (vpcReaches.length > 0) {
    throw new ConfigError(['vpcReaches is set, expected vpcId, subnetIds and securityGroupIds with it']);
  }
  return undefined;
}
