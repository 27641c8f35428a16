import { network, templateWith } from '../support/stack-template.ts';
import { lint, type PlainTemplate } from '../support/template-lint.ts';

const plain = (change: Record<string, unknown> = {}) => templateWith(change).toJSON() as PlainTemplate;

describe("CloudFormation's own schemas", () => {
  test.each([
    ['with the defaults', {}],
    [
      'with all that may be configured',
      {
        ...network,
        market: 'alpaca',
        alarmEmail: 'someone@example.com',
        notificationEmail: 'someone@example.com',
        shards: '3',
        maxPosition: '5',
        stages: { dev: {} },
        stage: 'dev',
      },
    ],
  ])('take the template %s', async (_, change) => {
    expect(await lint(plain(change))).toEqual([]);
  });

  test('are really held against it', async () => {
    const template = plain();
    const [id, fn] = Object.entries(template.Resources).find(
      ([, { Type }]) => Type === 'AWS::Lambda::Function',
    )!;
    const withoutCode: Record<string, unknown> = {
      ...fn.Properties,
      Timeout: '10',
      MemorySise: 1,
      LoggingConfig: { LogFormat: 'XML' },
    };
    delete withoutCode['Code'];
    const Resources = {
      [id]: {
        ...fn,
        Properties: { ...withoutCode, Role: { 'Fn::GetAtt': ['nothing', 'Arn'] } },
      },
      queue: { Type: 'AWS::SQS::Queues', DependsOn: 'nowhere' },
    };
    const found = await lint({ Resources, Outputs: { out: { Value: { Ref: 'nowhere' } } } });
    expect(found).toEqual(
      expect.arrayContaining([
        `${id}.Timeout is "10", expected integer`,
        `${id}.MemorySise is no property`,
        `${id}.LoggingConfig.LogFormat is "XML", expected one of Text, JSON`,
        `${id}.Code is missing`,
        'queue is no type of resource: AWS::SQS::Queues',
        'queue depends on nowhere',
        'Fn::GetAtt of nothing.Arn, which is not there',
        'Ref of nowhere, which is not there',
      ]),
    );
  });
});
