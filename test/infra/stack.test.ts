import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, parseConfig } from '../../infra/config.ts';
import { synthesize } from '../../infra/local/synthesize.ts';
import { assemblyDir, root } from '../support/local-app.ts';

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
}

let resources: Record<string, Resource>;
beforeAll(async () => {
  const template = join(await synthesize(root, assemblyDir), 'OrbitsTrader.template.json');
  ({ Resources: resources } = JSON.parse(readFileSync(template, 'utf8')) as { Resources: typeof resources });
});

const ofType = (type: string) => Object.entries(resources).filter(([, resource]) => resource.Type === type);
const functionId = (name: string) => ofType('AWS::Lambda::Function').find(([id]) => id.startsWith(name))![0];
const stockFunctions = ['checkstockprice', 'generatebuysellrecommendation', 'buystock', 'sellstock'];

/** What the roles of a function whose id begins so may do, as pairs of action and resource. */
function permissions(name: string): [string, unknown][] {
  return ofType('AWS::IAM::Policy')
    .filter(([id]) => id.startsWith(name))
    .flatMap(([, { Properties }]) => {
      const { Statement } = Properties['PolicyDocument'] as {
        Statement: { Action: string | string[]; Resource: unknown }[];
      };
      return Statement.flatMap(({ Action, Resource }) =>
        [Action]
          .flat()
          .flatMap((action) => [Resource].flat().map((resource): [string, unknown] => [action, resource])),
      );
    });
}

describe('the stack', () => {
  test('has five functions on Node 24 and arm64', () => {
    const functions = ofType('AWS::Lambda::Function');
    expect(functions).toHaveLength(5);
    for (const [, { Properties }] of functions) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
      });
    }
  });

  test('lets the orchestrator invoke the four stock functions and nothing else', () => {
    const invocable = permissions('orchestrator').filter(([action]) => action === 'lambda:InvokeFunction');
    const arns = stockFunctions.flatMap((name) => {
      const arn = { 'Fn::GetAtt': [functionId(name), 'Arn'] };
      return [arn, { 'Fn::Join': ['', [arn, ':*']] }];
    });
    expect(invocable.map(([, resource]) => resource)).toEqual(arns);
  });

  test('lets no function do more than read its secret, invoke, and leave dead letters', () => {
    const actions = (name: string) => new Set(permissions(name).map(([action]) => action));
    const secret = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'];
    const deadLetters = ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'];
    expect([...actions('orchestrator')].sort()).toEqual(['lambda:InvokeFunction', ...secret, ...deadLetters]);
    expect([...actions('buystock')].sort()).toEqual(secret);
    expect([...actions('sellstock')].sort()).toEqual(secret);
    expect(actions('checkstockprice').size).toBe(0);
    expect(actions('generatebuysellrecommendation').size).toBe(0);
    for (const name of [...stockFunctions, 'orchestrator']) {
      expect(permissions(name).map(([, resource]) => resource)).not.toContain('*');
    }
  });

  test('fires the orchestrator with the scheduled time, a bounded number of times, into a dead-letter queue', () => {
    const [[, { Properties }] = ['', { Properties: {} }]] = ofType('AWS::Scheduler::Schedule');
    expect(Properties).toMatchObject({
      FlexibleTimeWindow: { Mode: 'OFF' },
      ScheduleExpressionTimezone: 'America/New_York',
      Target: {
        Arn: { 'Fn::GetAtt': [functionId('orchestrator'), 'Arn'] },
        Input: '{"command":"tick","scheduledTime":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 3 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [ofType('AWS::SQS::Queue')[0]![0], 'Arn'] } },
      },
    });
  });

  test('tries a tick that fails again, and keeps it as a dead letter after that', () => {
    const [[, { Properties }] = ['', { Properties: {} }]] = ofType('AWS::Lambda::EventInvokeConfig');
    expect(Properties).toMatchObject({
      FunctionName: { Ref: functionId('orchestrator') },
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 300,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [ofType('AWS::SQS::Queue')[0]![0], 'Arn'] } },
      },
    });
  });

  test('gives each function that needs MongoDB the name of the secret, and nobody else', () => {
    const withSecret = ofType('AWS::Lambda::Function').filter(([, { Properties }]) => {
      const { Variables } = Properties['Environment'] as { Variables: Record<string, unknown> };
      return Variables['MONGODB_SECRET_ID'] === 'orbits-trader/mongodb';
    });
    expect(withSecret.map(([id]) => id).sort()).toEqual(
      ['buystock', 'orchestrator', 'sellstock'].map(functionId).sort(),
    );
  });
});

describe('the configuration', () => {
  const good: Record<string, unknown> = (
    JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> }
  ).context;
  const parse = (change: Record<string, unknown>) => () =>
    parseConfig((key) => ({ ...good, ...change })[key]);

  test('of cdk.json is taken', () => {
    expect(parse({})()).toMatchObject({ symbols: 'AMZN', sellAbove: '100.00' });
  });

  test.each([
    [{ symbols: 'amzn' }, 'symbols is "amzn", expected symbols separated by commas'],
    [{ quantity: '0' }, 'quantity is "0", expected a whole number'],
    [{ sellAbove: 'high' }, 'sellAbove is "high", expected a price'],
    [{ schedule: 'daily' }, 'schedule is "daily", expected an EventBridge cron(...) or rate(...)'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone is "Mars/Olympus", expected an IANA time zone'],
    [{ databaseName: undefined }, 'databaseName is not set'],
  ])('with %j is refused in a line that names the key', (change, message) => {
    expect(parse(change)).toThrow(ConfigError);
    expect(parse(change)).toThrow(message);
  });
});
