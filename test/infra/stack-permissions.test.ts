import type { Template } from 'aws-cdk-lib/assertions';
import { templateWith } from '../support/stack-template.ts';
import {
  allFunctions,
  arnOf,
  functionId,
  idOf,
  permissions,
  statements,
  stockFunctions,
  withMongodb,
} from '../support/stack-view.ts';

let template: Template;
beforeAll(() => {
  template = templateWith();
});

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
  test('has its own role, without managed policies, that writes to its own logs and to X-Ray', () => {
    for (const name of allFunctions) {
      const role = template.findResources('AWS::IAM::Role')[idOf(template, 'AWS::IAM::Role', `${name}role`)];
      expect(role!['Properties']).not.toHaveProperty('ManagedPolicyArns');
      expect(statements(template, name)).toEqual(
        expect.arrayContaining([
          {
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: arnOf(idOf(template, 'AWS::Logs::LogGroup', `${name}logs`)),
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
      const wide = statements(template, name).filter(({ Resource }) =>
        JSON.stringify(Resource).includes('*'),
      );
      expect(wide.flatMap(({ Action }) => Action)).toEqual([
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
      ]);
    }
  });
});

describe('permissions', () => {
  test('let the orchestrator invoke the stock functions, read its secret, and leave dead letters', () => {
    expect(permissions(template, 'orchestrator')).toEqual([
      ['sqs:SendMessage', arnOf(idOf(template, 'AWS::SQS::Queue', 'failedticks'))],
      ['secretsmanager:GetSecretValue', secretArn],
      ...stockFunctions.map((name) => ['lambda:InvokeFunction', arnOf(functionId(template, name))]),
    ]);
  });

  test('let the orchestrator publish to the topic of notifications, if an e-mail is given', () => {
    const notifying = templateWith({ notificationEmail: 'trader@example.com' });
    const topic = { Ref: idOf(notifying, 'AWS::SNS::Topic', 'notifications') };
    expect(permissions(notifying, 'orchestrator')).toContainEqual(['sns:Publish', topic]);
    notifying.hasResourceProperties('AWS::SNS::Subscription', {
      TopicArn: topic,
      Protocol: 'email',
      Endpoint: 'trader@example.com',
    });
    template.resourceCountIs('AWS::SNS::Topic', 0);
  });

  test('let buy and sell read the secret, and price and recommendation nothing', () => {
    expect(permissions(template, 'buystock')).toEqual([['secretsmanager:GetSecretValue', secretArn]]);
    expect(permissions(template, 'sellstock')).toEqual([['secretsmanager:GetSecretValue', secretArn]]);
    expect(permissions(template, 'checkstockprice')).toEqual([]);
    expect(permissions(template, 'generatebuysellrecommendation')).toEqual([]);
  });

  test('let the schedule of this stack invoke the orchestrator and leave undelivered ticks', () => {
    expect(permissions(template, 'tick')).toEqual([
      ['lambda:InvokeFunction', arnOf(functionId(template, 'orchestrator'))],
      ['sqs:SendMessage', arnOf(idOf(template, 'AWS::SQS::Queue', 'undeliveredticks'))],
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
  test('is named to the functions that connect, and its URI is nowhere', () => {
    const functions = template.findResources('AWS::Lambda::Function', {
      Properties: { Environment: { Variables: { MONGODB_SECRET_ID: 'orbits-trader/mongodb' } } },
    });
    expect(Object.keys(functions).sort()).toEqual(
      withMongodb.map((name) => functionId(template, name)).sort(),
    );
    expect(JSON.stringify(template.toJSON())).not.toMatch(/mongodb(\+srv)?:\/\//);
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
  });

  test('may be given by its ARN', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:mine-AbCdEf';
    const byArn = templateWith({ mongodbSecretArn: arn });
    expect(permissions(byArn, 'buystock')).toEqual([['secretsmanager:GetSecretValue', arn]]);
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
    const roles = withMongodb.map((name) => arnOf(idOf(template, 'AWS::IAM::Role', `${name}role`)));
    iam.hasOutput('AtlasRoles', { Value: { 'Fn::Join': [' ', roles] } });
  });
});
