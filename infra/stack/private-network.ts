import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import {
  SecurityGroup,
  Subnet,
  Vpc,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
} from 'aws-cdk-lib/aws-ec2';
import { Effect, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Network } from '../config/network.ts';

/** Your network, for functions that reach Atlas over PrivateLink. Nothing is looked up at synth. */
export class PrivateNetwork extends Construct {
  readonly #vpc: IVpc;
  readonly #subnets: ISubnet[];
  readonly #securityGroups: ISecurityGroup[];

  constructor(scope: Construct, id: string, ids: Network) {
    super(scope, id);
    // CDK requires zones, but does not use them if the subnets are given.
    this.#vpc = Vpc.fromVpcAttributes(this, 'vpc', { vpcId: ids.id, availabilityZones: ['unused'] });
    this.#subnets = ids.subnetIds.map((subnet) => Subnet.fromSubnetId(this, subnet, subnet));
    this.#securityGroups = ids.securityGroupIds.map((group) =>
      SecurityGroup.fromSecurityGroupId(this, group, group, { mutable: false }),
    );
  }

  /** What places a function in the network. */
  get placement() {
    return {
      vpc: this.#vpc,
      vpcSubnets: { subnets: this.#subnets },
      securityGroups: this.#securityGroups,
    };
  }

  /** Permission for Lambda to manage network interfaces by the function's role. The function's code is denied it. */
  grantTo(fn: IFunction): void {
    const statement = (actions: string[], resources: string[]) => new PolicyStatement({ actions, resources });
    const policy = new Policy(this, `${fn.node.id}-interfaces`, {
      statements: [
        statement(
          ['ec2:CreateNetworkInterface'],
          [
            this.#arn('network-interface', '*'),
            ...this.#subnets.map(({ subnetId }) => this.#arn('subnet', subnetId)),
            ...this.#securityGroups.map(({ securityGroupId }) =>
              this.#arn('security-group', securityGroupId),
            ),
          ],
        ),
        statement(
          ['ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
          [this.#arn('*', '*')],
        ),
        statement(['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'], ['*']),
        new PolicyStatement({
          effect: Effect.DENY,
          actions: ['ec2:*'],
          resources: ['*'],
          // Present in what the function's code asks for, absent in what Lambda itself does.
          conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
        }),
      ],
    });
    policy.attachToRole(fn.role!);
    // It must exist before the function does, and until its interfaces are deleted.
    fn.node.addDependency(policy);
    const reason =
      'A network interface has no id before Lambda makes it, and EC2 cannot limit Describe to some resources. The ' +
      "function's own code is denied all of EC2.";
    const arns = 'Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>';
    for (const finding of ['Resource::*', `${arns}:network-interface/*`, `${arns}:*/*`]) {
      Validations.of(policy).acknowledge({ id: `AwsSolutions-IAM5[${finding}]`, reason });
    }
  }

  #arn(resource: string, resourceName: string): string {
    return Stack.of(this).formatArn({
      service: 'ec2',
      resource,
      resourceName,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  }
}
