import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validations, type App } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledgements, appWith as plainAppWith, network } from '../support/stack-template.ts';

/** The app with the CDK's own check of the template, as `cdk synth` has it. */
const appWith = (change?: Record<string, unknown>) =>
  plainAppWith(change, { builtinCloudFormationValidation: true });

/** The rules of AwsSolutions and the CDK that the app breaks, each with the constructs that do. */
function violations(app: App): string[] {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const folder = app.outdir;
  try {
    app.synth();
  } catch (error) {
    expect((error as Error).message).toContain('A copy of this report');
  }
  const report = JSON.parse(readFileSync(join(folder, 'validation-report.json'), 'utf8')) as {
    pluginReports: {
      violations: { ruleName: string; violatingConstructs: { constructPath: string }[] }[];
    }[];
  };
  return report.pluginReports.flatMap(({ violations: found }) =>
    found.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    ),
  );
}

const everything = {
  ...network,
  alarmEmail: 'someone@example.com',
  notificationEmail: 'someone@example.com',
};

describe('the rules of AwsSolutions', () => {
  test.each([
    ['with the defaults', {}],
    ['with a network and alarms by e-mail', everything],
    ['with a broker', { market: 'alpaca' }],
    ['with several schedules', { shards: '3' }],
    ['with IAM authentication', { mongodbIamHost: 'cluster0.ab1cd.mongodb.net' }],
  ])('hold %s', (_, change) => {
    expect(violations(appWith(change))).toEqual([]);
  });

  test('are really checked', () => {
    const app = appWith();
    new Queue(app.node.findChild('OrbitsTrader'), 'open');
    expect(violations(app)).toEqual(
      expect.arrayContaining(['AwsSolutions-SQS4 OrbitsTrader/open/Resource']) as string[],
    );
  });

  test('are only acknowledged for single findings, each with its reason', () => {
    const acknowledged = acknowledgements(appWith(everything));
    const interfaces = 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>';
    const ids = new Set(acknowledged.map(({ id }) => id.replace('Annotation::', '')));
    expect([...ids].sort()).toEqual([
      // X-Ray, and EC2's descriptions
      'AwsSolutions-IAM5[Resource::*]',
      `${interfaces}:*/*]`,
      `${interfaces}:network-interface/*]`,
      'AwsSolutions-SQS3',
    ]);
    for (const { reason } of acknowledged) expect(reason.length).toBeGreaterThan(40);
  });
});
