import { CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Network } from '../config/network.ts';
import type { Watchlist } from '../config/watchlist.ts';
import type { MongodbAccess } from './mongodb-access.ts';
import type { NodeFunction } from './node-function.ts';

export interface OutputsProps {
  orchestrator: NodeFunction;
  /** The functions that connect to MongoDB. */
  withMongodb: NodeFunction[];
  dashboard: Dashboard;
  mongodb: MongodbAccess;
  vpc: Network | undefined;
  /** What the functions in the VPC call. */
  targets: string[];
  watchlist: Watchlist;
}

/** What you need after a deployment, ready to copy. */
export class Outputs extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { orchestrator, withMongodb, dashboard, mongodb, vpc, targets, watchlist }: OutputsProps,
  ) {
    super(scope, id);
    const { region } = Stack.of(this);
    const name = orchestrator.functionName;
    this.#add('OrchestratorName', name, 'The function that runs the workflows');
    this.#add(
      'InvokeCommand',
      `aws lambda invoke --region ${region} --function-name ${name} --payload fileb:///dev/stdin /dev/stdout ` +
        `<<< '{${symbolsToRun(watchlist)}"idempotencyKey":"my-key"}'`,
      'Runs the configured symbols once for this key',
    );
    this.#add(
      'DeadLettersCommand',
      `AWS_REGION=${region} npm run trader -- dead-letters --function ${name}`,
      'Ticks that were given up on; sends them again, or drops them',
    );
    this.#add(
      'DashboardUrl',
      `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`,
      'Runs, trades, latency and errors',
    );
    const { secretId } = mongodb;
    if (secretId === undefined) {
      const roles = withMongodb.map((fn) => fn.role!.roleArn);
      this.#add(
        'AtlasRoles',
        Fn.join(' ', roles),
        'Add these ARNs to Atlas as database users (AWS IAM, type role)',
      );
    } else {
      this.#add('SecretName', secretId, 'The secret that holds the MongoDB URI');
      this.#add(
        'SetSecretCommand',
        `aws secretsmanager put-secret-value --region ${region} --secret-id ${secretId} ` +
          '--secret-string file:///dev/stdin < <(printf %s "$MONGODB_URI")',
        'After "read -rs MONGODB_URI", sets the URI. The functions read it again when MongoDB refuses their old one',
      );
    }
    this.#add('AtlasNetwork', networkSteps(vpc, targets), 'What to allow in Atlas');
  }

  #add(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description }).overrideLogicalId(id);
  }
}

/** If the list is in the schedules' events, a person's run does not have it and must name its symbols. */
function symbolsToRun({ inStore, variable, ticks }: Watchlist): string {
  if (inStore || variable !== undefined) return '';
  const [symbol] = ticks.flatMap(({ symbols = [] }) => symbols);
  return `"symbols":["${symbol}"],`;
}

function networkSteps(vpc: Network | undefined, targets: string[]): string {
  if (vpc) {
    return (
      `1. In Atlas: Network Access, Private Endpoint, AWS, VPC ${vpc.id}, subnets ${vpc.subnetIds.join(' ')}. ` +
      `2. Let security groups ${vpc.securityGroupIds.join(' ')} reach the endpoint on TCP 1024-65535. ` +
      "3. Use the private endpoint's connection string. " +
      `4. Give the subnets a way to ${targets.join(', ')}: interface endpoints, or NAT.`
    );
  }
  return (
    'In Atlas: Network Access, IP Access List, add 0.0.0.0/0, because a Lambda outside a VPC has no fixed address. ' +
    'TLS and the user or role still protect the data. With vpcId, PrivateLink needs no such entry.'
  );
}
