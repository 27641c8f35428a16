import { Match, type Template } from 'aws-cdk-lib/assertions';
import { network, templateWith } from '../support/stack-template.ts';

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

const stockFunctions = ['checkstockprice', 'generatebuysellrecommendation', 'buystock', 'sellstock'];
const allFunctions = [...stockFunctions, 'orchestrator'];
const withMongodb = ['orchestrator', 'buystock', 'sellstock'];

let template: Template;
beforeAll(() => {
  template = templateWith();
});

/** The logical id of the resource of a type whose id begins so. */
function idOf(type: string, prefix: string, from = template): string {
  const ids = Object.keys(from.findResources(type)).filter((id) => id.startsWith(prefix));
  expect(ids).toHaveLength(1);
  return ids[0]!;
}
const functionId = (prefix: string) => idOf('AWS::Lambda::Function', prefix);
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

/** What the role of a function may do: every statement of every policy of it. */
function statements(prefix: string, from = template): Statement[] {
  const role = idOf('AWS::IAM::Role', `${prefix}role`, from);
  return Object.values(from.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => {
    const { Roles, PolicyDocument } = Properties as {
      Roles: { Ref: string }[];
      PolicyDocument: { Statement: Statement[] };
    };
    return Roles.some(({ Ref }) => Ref === role) ? PolicyDocument.Statement : [];
  });
}

/** The same without what every function has: its own logs, and X-Ray. */
function permissions(prefix: string, from = template): [string, unknown][] {
  return statements(prefix, from).flatMap(({ Action, Resource }) => {
    const actions = [Action].flat().filter((action) => !/^(logs|xray):/.test(action));
    return actions.flatMap((action) => [Resource].flat().map((to): [string, unknown] => [action, to]));
  });
}

const secretArn = {
  'Fn::Join': [
    '',
    [
      'arn:',
      { Ref: 'AWS::Partition' },
      ':secretsmanager:',
      { Ref: 'AWS::Region' },
      ':',
      { Ref: 'AWS::AccountId' },
      ':secret:orbits-trader/mongodb-??????',
    ],
  ],
};

describe('each function', () => {
  test('runs on Node 24 and arm64, is traced, and writes JSON to a log group of its own', () => {
    expect(Object.keys(template.findResources('AWS::Lambda::Function'))).toHaveLength(5);
    for (const name of allFunctions) {
      const logs = idOf('AWS::Logs::LogGroup', `${name}logs`);
      expect(template.findResources('AWS::Lambda::Function')[functionId(name)]).toMatchObject({
        Properties: {
          Runtime: 'nodejs24.x',
          Architectures: ['arm64'],
          Handler: 'index.handler',
          TracingConfig: { Mode: 'Active' },
          LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: logs } },
          Role: arnOf(idOf('AWS::IAM::Role', `${name}role`)),
        },
      });
      expect(template.findResources('AWS::Logs::LogGroup')[logs]).toMatchObject({
        Properties: { RetentionInDays: 30 },
        DeletionPolicy: 'Delete',
      });
    }
  });

  test('has a role of its own, without managed policies, that writes to its own logs and to X-Ray', () => {
    for (const name of allFunctions) {
      const role = template.findResources('AWS::IAM::Role')[idOf('AWS::IAM::Role', `${name}role`)];
      expect(role!['Properties']).not.toHaveProperty('ManagedPolicyArns');
      expect(statements(name)).toEqual(
        expect.arrayContaining([
          {
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: arnOf(idOf('AWS::Logs::LogGroup', `${name}logs`)),
          },
          {
            Effect: 'Allow',
            Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
            Resource: '*',
          },
        ]),
      );
    }
  });

  test('has no permission on every resource but X-Ray', () => {
    for (const name of allFunctions) {
      const wide = statements(name).filter(({ Resource }) => JSON.stringify(Resource).includes('*'));
      expect(wide.flatMap(({ Action }) => Action)).toEqual([
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
      ]);
    }
  });
});

describe('permissions', () => {
  test('let the orchestrator invoke the four stock functions, read its secret, and leave dead letters', () => {
    expect(permissions('orchestrator')).toEqual([
      ['sqs:SendMessage', arnOf(idOf('AWS::SQS::Queue', 'failedticks'))],
      ['secretsmanager:GetSecretValue', secretArn],
      ...stockFunctions.map((name) => ['lambda:InvokeFunction', arnOf(functionId(name))]),
    ]);
  });

  test('let buy and sell read the secret, and price and recommendation nothing', () => {
    expect(permissions('buystock')).toEqual([['secretsmanager:GetSecretValue', secretArn]]);
    expect(permissions('sellstock')).toEqual([['secretsmanager:GetSecretValue', secretArn]]);
    expect(permissions('checkstockprice')).toEqual([]);
    expect(permissions('generatebuysellrecommendation')).toEqual([]);
  });

  test('let the schedule of this stack invoke the orchestrator and leave undelivered ticks', () => {
    expect(permissions('tick')).toEqual([
      ['lambda:InvokeFunction', arnOf(functionId('orchestrator'))],
      ['sqs:SendMessage', arnOf(idOf('AWS::SQS::Queue', 'undeliveredticks'))],
    ]);
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
    });
  });
});

describe('the secret', () => {
  test('is named to the functions that connect, and its URI stands nowhere', () => {
    const functions = template.findResources('AWS::Lambda::Function', {
      Properties: { Environment: { Variables: { MONGODB_SECRET_ID: 'orbits-trader/mongodb' } } },
    });
    expect(Object.keys(functions).sort()).toEqual(withMongodb.map(functionId).sort());
    expect(JSON.stringify(template.toJSON())).not.toMatch(/mongodb(\+srv)?:\/\//);
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
  });

  test('may be given by its ARN', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:mine-AbCdEf';
    const byArn = templateWith({ mongodbSecretArn: arn });
    expect(permissions('buystock', byArn)).toEqual([['secretsmanager:GetSecretValue', arn]]);
    byArn.hasOutput('SecretName', { Value: arn });
  });

  test('is not there with IAM authentication: the address holds no password, and nothing may be read', () => {
    const iam = templateWith({ mongodbIamHost: 'cluster0.ab1cd.mongodb.net' });
    const address =
      'mongodb+srv://cluster0.ab1cd.mongodb.net/?authMechanism=MONGODB-AWS&authSource=%24external';
    const functions = iam.findResources('AWS::Lambda::Function', {
      Properties: { Environment: { Variables: { MONGODB_ADDRESS: address } } },
    });
    expect(Object.keys(functions)).toHaveLength(3);
    expect(JSON.stringify(iam.toJSON())).not.toMatch(/secretsmanager|MONGODB_SECRET_ID/);
    const roles = withMongodb.map((name) => arnOf(idOf('AWS::IAM::Role', `${name}role`)));
    iam.hasOutput('AtlasRoles', { Value: { 'Fn::Join': [' ', roles] } });
  });
});

describe('a tick', () => {
  test('carries its scheduled time, is fired at that time, a bounded number of times, into a dead-letter queue', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      FlexibleTimeWindow: { Mode: 'OFF' },
      ScheduleExpression: 'cron(0/5 9-15 ? * MON-FRI *)',
      ScheduleExpressionTimezone: 'America/New_York',
      State: 'ENABLED',
      Target: {
        Arn: arnOf(functionId('orchestrator')),
        Input: '{"command":"tick","scheduledTime":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 3 },
        DeadLetterConfig: { Arn: arnOf(idOf('AWS::SQS::Queue', 'undeliveredticks')) },
      },
    });
  });

  test('that fails is tried again, and is a dead letter after that', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: functionId('orchestrator') },
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 300,
      DestinationConfig: {
        OnFailure: { Destination: arnOf(idOf('AWS::SQS::Queue', 'failedticks')) },
      },
    });
  });

  test('is kept for two weeks, encrypted, in a queue that takes TLS alone', () => {
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
    expect(Object.keys(placed).sort()).toEqual(withMongodb.map(functionId).sort());
    for (const name of withMongodb) {
      expect(statements(name, inVpc)).toContainEqual({
        Effect: 'Deny',
        Action: 'ec2:*',
        Resource: '*',
        Condition: { Null: { 'lambda:SourceFunctionArn': 'false' } },
      });
    }
    expect(permissions('checkstockprice', inVpc)).toEqual([]);
    inVpc.hasOutput('AtlasNetwork', { Value: Match.stringLikeRegexp(`Private Endpoint.*${network.vpcId}`) });
  });
});

test('the outputs are ready to be copied', () => {
  const orchestrator = { Ref: functionId('orchestrator') };
  template.hasOutput('OrchestratorName', { Value: orchestrator });
  template.hasOutput('InvokeCommand', {
    Value: {
      'Fn::Join': ['', Match.arrayWith(['aws lambda invoke --region ', ' --function-name ', orchestrator])],
    },
  });
  template.hasOutput('DashboardUrl', {
    Value: { 'Fn::Join': ['', Match.arrayWith([{ Ref: idOf('AWS::CloudWatch::Dashboard', 'overview') }])] },
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
