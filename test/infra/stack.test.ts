import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { readLimits } from '../../functions/ledger/limits.ts';
import { appWith, network, templateWith } from '../support/stack-template.ts';
import {
  allFunctions,
  arnOf,
  functionId,
  idOf,
  permissions,
  statements,
  withMongodb,
} from '../support/stack-view.ts';

let template: Template;
beforeAll(() => {
  template = templateWith();
});

describe('each function', () => {
  test('runs on Node 24 and arm64, is traced, and writes JSON to its own log group', () => {
    expect(Object.keys(template.findResources('AWS::Lambda::Function'))).toHaveLength(6);
    for (const name of allFunctions) {
      const logs = idOf(template, 'AWS::Logs::LogGroup', `${name}logs`);
      expect(template.findResources('AWS::Lambda::Function')[functionId(template, name)]).toMatchObject({
        Properties: {
          Runtime: 'nodejs24.x',
          Architectures: ['arm64'],
          Handler: 'index.handler',
          TracingConfig: { Mode: 'Active' },
          LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: logs } },
          Role: arnOf(idOf(template, 'AWS::IAM::Role', `${name}role`)),
        },
      });
      expect(template.findResources('AWS::Logs::LogGroup')[logs]).toMatchObject({
        Properties: { RetentionInDays: 30 },
        DeletionPolicy: 'Delete',
      });
    }
  });
});

const variables = (of: Template, name: string) =>
  (
    of.findResources('AWS::Lambda::Function')[functionId(of, name)] as {
      Properties: { Environment: { Variables: Record<string, string> } };
    }
  ).Properties.Environment.Variables;

test('limits go to buy and sell, and the orchestrator asks about them', () => {
  const limited = templateWith({ maxPosition: '100', maxPriceMovePercent: '2.5' });
  for (const name of ['buystock', 'sellstock']) {
    const { LIMITS = '' } = variables(limited, name);
    expect(readLimits(LIMITS)).toMatchObject({ maxPosition: '100', maxPriceMovePercent: '2.5' });
    expect(variables(template, name)).not.toHaveProperty('LIMITS');
  }
  expect(variables(limited, 'orchestrator')['CHECK_LIMITS']).toBe('true');
  expect(variables(template, 'orchestrator')).not.toHaveProperty('CHECK_LIMITS');
});

test('a schedule that is over is a warning, for its stack can still be changed and taken down', () => {
  const warnings = (change: Record<string, unknown>) =>
    Annotations.fromStack(appWith(change).node.findChild('OrbitsTrader') as Stack).findWarning(
      '*',
      Match.stringLikeRegexp('never fires again'),
    );
  expect(warnings({ schedule: 'cron(0 9 * * ? 2020)' })).toHaveLength(1);
  expect(warnings({ schedule: 'cron(0 9 * * ? 2020)', scheduleEnabled: false })).toEqual([]);
  expect(warnings({})).toEqual([]);
});

describe('market=alpaca', () => {
  const warnings = (change: Record<string, unknown>, of: string) =>
    Annotations.fromStack(appWith(change).node.findChild('OrbitsTrader') as Stack).findWarning(
      '*',
      Match.stringLikeRegexp(of),
    );

  test('trades on paper, and with real money only after a warning', () => {
    expect(warnings({ market: 'alpaca' }, 'real money')).toEqual([]);
    expect(warnings({ market: 'alpaca', alpacaLive: true }, 'real money')).toHaveLength(1);
  });

  test.each(['maxPriceAgeMinutes', 'maxPriceMovePercent'])(
    'has %s, and without it there is a warning',
    (bound) => {
      const { LIMITS = '' } = variables(templateWith({ market: 'alpaca' }), 'buystock');
      expect(readLimits(LIMITS)).toHaveProperty(bound, expect.anything());
      const without = { market: 'alpaca', [bound]: 'off' };
      expect(readLimits(variables(templateWith(without), 'buystock')['LIMITS'])).not.toHaveProperty(bound);
      expect(warnings({ market: 'alpaca' }, bound)).toEqual([]);
      expect(warnings(without, `${bound} is off`)).toHaveLength(1);
      expect(warnings({ [bound]: 'off' }, `${bound} is off`)).toEqual([]);
    },
  );

  test('lets price, buy and sell read its keys, and no other function', () => {
    const withBroker = templateWith({ market: 'alpaca' });
    const readers = allFunctions.filter((name) =>
      JSON.stringify(statements(withBroker, name)).includes('orbits-trader/alpaca'),
    );
    expect(readers.sort()).toEqual(['buystock', 'checkmarkethours', 'checkstockprice', 'sellstock']);
  });

  test('compares the ledger with the broker: a function with its keys and limits, and two alarms', () => {
    const withBroker = templateWith({ market: 'alpaca', timeZone: 'America/New_York' });
    expect(JSON.stringify(statements(withBroker, 'reconcileledger'))).toContain('orbits-trader/alpaca');
    const { LIMITS, ALPACA_ACCOUNTS } = variables(withBroker, 'reconcileledger');
    expect([readLimits(LIMITS).timeZone, ALPACA_ACCOUNTS]).toEqual(['America/New_York', 'paper']);
    const alarms = (of: Template) =>
      Object.values(of.findResources('AWS::CloudWatch::Alarm')).flatMap(({ Properties }) => {
        const { MetricName, Threshold, ComparisonOperator, Period, Statistic } = Properties as Record<
          string,
          unknown
        >;
        return String(MetricName).startsWith('Ledger')
          ? [[MetricName, Statistic, Period, ComparisonOperator, Threshold]]
          : [];
      });
    expect(alarms(withBroker)).toEqual([
      ['LedgerDifferences', 'Maximum', 300, 'GreaterThanThreshold', 0],
      ['LedgerCompared', 'Maximum', 3600, 'LessThanThreshold', 1],
    ]);
    expect(alarms(template)).toEqual([]);
    expect(JSON.stringify(template.toJSON())).not.toContain('reconcile-ledger');
  });
});

describe('a tick', () => {
  test('carries its scheduled time, is fired at that time, a bounded number of times, into a dead-letter queue', () => {
    const expressions = ['cron(30/5 9 ? * MON-FRI *)', 'cron(0/5 10-15 ? * MON-FRI *)'];
    template.resourceCountIs('AWS::Scheduler::Schedule', expressions.length);
    for (const ScheduleExpression of expressions) {
      template.hasResourceProperties('AWS::Scheduler::Schedule', {
        FlexibleTimeWindow: { Mode: 'OFF' },
        ScheduleExpression,
        ScheduleExpressionTimezone: 'America/New_York',
        State: 'ENABLED',
        Target: {
          Arn: arnOf(functionId(template, 'orchestrator')),
          Input: '{"command":"tick","scheduledTime":"<aws.scheduler.scheduled-time>"}',
          RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 3 },
          DeadLetterConfig: { Arn: arnOf(idOf(template, 'AWS::SQS::Queue', 'undeliveredticks')) },
        },
      });
    }
  });

  test('that fails is tried again, and is a dead letter after that', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: functionId(template, 'orchestrator') },
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 300,
      DestinationConfig: {
        OnFailure: { Destination: arnOf(idOf(template, 'AWS::SQS::Queue', 'failedticks')) },
      },
    });
  });

  test('is kept for two weeks, encrypted, in a queue that accepts only TLS', () => {
    template.resourceCountIs('AWS::SQS::Queue', 2);
    template.allResourcesProperties('AWS::SQS::Queue', {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 1_209_600,
    });
    template.allResourcesProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });
});

describe('the configuration', () => {
  test('reaches the resources', () => {
    const changed = templateWith({
      symbol: 'MSFT',
      quantity: 7,
      sellAbove: '42.5',
      schedule: 'rate(1 minute)',
      timeZone: 'Europe/Paris',
      scheduleEnabled: 'false',
      databaseName: 'other',
      historyDays: '90',
      logRetentionDays: '7',
      orchestratorTimeoutSeconds: '120',
      orchestratorMemoryMb: '1024',
    });
    changed.hasResourceProperties('AWS::Lambda::Function', {
      Timeout: 120,
      MemorySize: 1024,
      Environment: {
        Variables: { SYMBOLS: 'MSFT', QUANTITY: '7', HISTORY_DAYS: '90', MONGODB_DATABASE: 'other' },
      },
    });
    changed.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { SELL_ABOVE: '42.5' } },
    });
    changed.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(1 minute)',
      ScheduleExpressionTimezone: 'Europe/Paris',
      State: 'DISABLED',
    });
    changed.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  });

  test('places what connects to MongoDB into the network of the user, looking nothing up', () => {
    const inVpc = templateWith(network);
    const placed = inVpc.findResources('AWS::Lambda::Function', {
      Properties: {
        VpcConfig: {
          SubnetIds: network.subnetIds.split(','),
          SecurityGroupIds: [network.securityGroupIds],
        },
      },
    });
    expect(Object.keys(placed).sort()).toEqual(withMongodb.map((name) => functionId(template, name)).sort());
    for (const name of withMongodb) {
      expect(statements(inVpc, name)).toContainEqual({
        Effect: 'Deny',
        Action: 'ec2:*',
        Resource: '*',
        Condition: { Null: { 'lambda:SourceFunctionArn': 'false' } },
      });
    }
    expect(permissions(inVpc, 'checkstockprice')).toEqual([]);
    inVpc.hasOutput('AtlasNetwork', { Value: Match.stringLikeRegexp(`Private Endpoint.*${network.vpcId}`) });
  });
});

test('the outputs are ready to be copied', () => {
  const orchestrator = { Ref: functionId(template, 'orchestrator') };
  template.hasOutput('OrchestratorName', { Value: orchestrator });
  template.hasOutput('InvokeCommand', {
    Value: {
      'Fn::Join': ['', Match.arrayWith(['aws lambda invoke --region ', ' --function-name ', orchestrator])],
    },
  });
  template.hasOutput('DeadLettersCommand', {
    Value: {
      'Fn::Join': ['', Match.arrayWith([' npm run trader -- dead-letters --function ', orchestrator])],
    },
  });
  template.hasOutput('DashboardUrl', {
    Value: {
      'Fn::Join': ['', Match.arrayWith([{ Ref: idOf(template, 'AWS::CloudWatch::Dashboard', 'overview') }])],
    },
  });
  template.hasOutput('SecretName', { Value: 'orbits-trader/mongodb' });
  template.hasOutput('SetSecretCommand', {
    Value: { 'Fn::Join': ['', Match.arrayWith(['aws secretsmanager put-secret-value --region '])] },
  });
  template.hasOutput('AtlasNetwork', { Value: Match.stringLikeRegexp('IP Access List') });
});

test('what is deployed is removed with the stack', () => {
  const kept = Object.entries(template.toJSON()['Resources'] as Record<string, Record<string, unknown>>)
    .filter(([, resource]) =>
      [resource['DeletionPolicy'], resource['UpdateReplacePolicy']].includes('Retain'),
    )
    .map(([id]) => id);
  expect(kept).toEqual([]);
});
