import type { Template } from 'aws-cdk-lib/assertions';
import { Match } from 'aws-cdk-lib/assertions';
import { MongoClient } from 'mongodb';
import * as z from 'zod';
import { answerOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';
import { templateWith } from '../support/stack-template.ts';

const recommendation = 'OrbitsTrader-generate-buy-sell-recommendation';
const about = z.union([z.object({ run: z.string() }), z.object({ tick: z.string() })]);
const embedded = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.tuple([
      z.object({
        Namespace: z.string(),
        Dimensions: z.tuple([z.array(z.string())]),
        Metrics: z.tuple([z.object({ Name: z.string(), Unit: z.string() })]),
      }),
    ]),
  }),
});
type Embedded = z.infer<typeof embedded>;

/** A metric with its dimensions, as `Namespace/Name{dimension,...}`. */
function nameOf({ _aws }: Embedded): string {
  const [{ Namespace, Dimensions, Metrics }] = _aws.CloudWatchMetrics;
  return `${Namespace}/${Metrics[0].Name}{${Dimensions[0].sort().join()}}`;
}

/** What the real bundle writes in runs that buy, sell, fail, come twice, are resumed, and are blocked until then. */
async function logsOfAllKinds(): Promise<string[]> {
  const logs: string[] = [];
  for (const SELL_ABOVE of ['1000000', '0.01', 'not a price']) {
    const app = await startTestApp({ overrides: { [recommendation]: { SELL_ABOVE } } });
    try {
      for (const key of ['once', 'once']) {
        answerOf(await app.invoke(app.orchestrator, { idempotencyKey: key }));
      }
      const client = await new MongoClient(app.mongodbUri).connect();
      const open = { state: 1, 'cronActivity.pending': false, 'cronActivity.nextActivity': new Date(0) };
      const actions = client.db(app.database).collection('actions');
      const isTrading = { actionRef: 'trading' };
      await actions.updateOne(isTrading, { $set: { ...open, 'bag.version': 99 } });
      answerOf(await app.invoke(app.orchestrator, { command: 'resume' }));
      await actions.updateOne(isTrading, { $set: { ...open, 'bag.version': 1 } });
      await client.close();
      answerOf(await app.invoke(app.orchestrator, { idempotencyKey: 'next' }));
    } finally {
      await app.close();
    }
    logs.push(...app.logs);
  }
  return [...logs, ...(await logsOfTicks())];
}

/** What it writes of a tick on a holiday, and of one in a year whose hours the simulated market does not know. */
async function logsOfTicks(): Promise<string[]> {
  const app = await startTestApp({ overrides: { [ORCHESTRATOR]: { MARKET_HOURS: 'regular' } } });
  try {
    for (const scheduledTime of ['2026-11-26T15:00:00Z', '2021-11-26T15:00:00Z']) {
      answerOf(await app.invoke(ORCHESTRATOR, { command: 'tick', scheduledTime, symbols: [] }));
    }
  } finally {
    await app.close();
  }
  return app.logs;
}

let logs: string[];
let metrics: Embedded[];
let template: Template;
beforeAll(async () => {
  template = templateWith({ alarmEmail: 'someone@example.com' });
  logs = await logsOfAllKinds();
  metrics = logs.filter((line) => line.startsWith('{"_aws"')).map((line) => embedded.parse(JSON.parse(line)));
});

/** The names of our own metrics that the template's dashboard and alarms use, in the same form. */
function namesInTemplate(): string[] {
  const text = JSON.stringify(template.toJSON()).replaceAll('\\', '');
  const plain = [...text.matchAll(/"(OrbitsTrader)","(\w+)","service","orchestrator"/g)].map(
    ([, namespace, name]) => `${namespace}/${name}{service}`,
  );
  const searched = [
    ...text.matchAll(/SEARCH\('\{(\w+),([\w,]+)\} MetricName="(\w+)" service="orchestrator"/g),
  ].map(([, namespace, dimensions, name]) => `${namespace}/${name}{${dimensions!.split(',').sort().join()}}`);
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).flatMap(({ Properties }) => {
    const properties = Properties as {
      Metrics?: { MetricStat?: { Metric: object } }[];
    };
    const used = [properties, ...(properties.Metrics ?? []).map((metric) => metric.MetricStat?.Metric)];
    return used.flatMap((metric) => {
      const { Namespace, MetricName } = (metric ?? {}) as { Namespace?: string; MetricName?: string };
      return Namespace === 'OrbitsTrader' ? [`${Namespace}/${MetricName}{service}`] : [];
    });
  });
  expect([plain.length, searched.length, alarms.length]).toEqual([7, 4, 5]);
  return [...plain, ...searched, ...alarms];
}

describe('metrics', () => {
  test('of the bundle are the very ones that dashboard and alarms use', () => {
    const emitted = [...new Set(metrics.map(nameOf))].sort();
    expect([...new Set(namesInTemplate())].sort()).toEqual(emitted);
  });

  test('count what happened', () => {
    const sum = (name: string, dimension: Record<string, string> = {}) =>
      metrics
        .filter((metric) => Object.entries(dimension).every(([key, value]) => metric[key] === value))
        .reduce((total, metric) => total + Number(metric[name] ?? 0), 0);
    const started = sum('RunsStarted');
    expect(started).toBe(6);
    expect(sum('DuplicatesSuppressed')).toBe(3);
    expect(sum('RunsBlocked')).toBe(3);
    expect(sum('RunsResumed')).toBe(6);
    // The run that was opened again ends a second time.
    expect([sum('RunsSucceeded'), sum('RunsFailed')]).toEqual([6, 3]);
    expect([sum('Trades', { type: 'buy' }), sum('Trades', { type: 'sell' })]).toEqual([2, 2]);
    const steps = new Set(metrics.flatMap((metric) => ('StepDuration' in metric ? [metric['step']] : [])));
    expect([...steps].sort()).toEqual([
      'buy-stock',
      'check-stock-price',
      'generate-recommendation',
      'sell-stock',
    ]);
    expect(metrics.find((metric) => 'Price' in metric)).toMatchObject({ symbol: 'AMZN' });
    expect([sum('TicksClosed'), sum('HoursUnknown')]).toEqual([1, 1]);
    for (const metric of metrics) expect(about.safeParse(metric).success).toBe(true);
  });
});

test('every line is JSON, and every line of a run names it, and its step', () => {
  const lines = logs.map((line) => JSON.parse(line) as Record<string, unknown>);
  const reported = lines.filter(({ message }) => /^(run|step) /.test(String(message)));
  expect(reported.length).toBeGreaterThan(30);
  for (const line of reported) {
    expect(line).toMatchObject({ run: expect.stringMatching(/^[0-9a-f]{24}$/) as string });
    expect(line['level']).toBe(line['message'] === 'run blocked' ? 'ERROR' : 'INFO');
    expect(line['function_request_id']).toEqual(expect.any(String));
  }
  const ofSteps = reported.filter(({ message }) => /^step /.test(String(message)));
  for (const line of ofSteps) expect(line['step']).toEqual(expect.any(String));
});

describe('the dashboard', () => {
  test('shows runs, latency, trades, price, errors, dead letters and concurrency', () => {
    const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
    const text = JSON.stringify(dashboard);
    for (const title of [
      'Runs by outcome',
      'Latency by step, p50 (ms)',
      'Latency by step, p99 (ms)',
      'Trades bought and sold',
      'Price',
      'Errors',
      'Dead letters',
      'Concurrent executions',
    ]) {
      expect(text).toContain(`\\"title\\":\\"${title}\\"`);
    }
  });
});

describe('the alarms', () => {
  const alarms = (of: Template) => of.findResources('AWS::CloudWatch::Alarm');

  test('publish to a topic with an e-mail, only over TLS', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'someone@example.com',
    });
    const [topic] = Object.keys(template.findResources('AWS::SNS::Topic'));
    for (const { Properties } of Object.values(alarms(template))) {
      expect(Properties).toMatchObject({ AlarmActions: [{ Ref: topic }] });
    }
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({ Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' } }),
        ]),
      },
    });
  });

  test('stand without an e-mail, and without a topic', () => {
    const quiet = templateWith();
    expect(Object.keys(alarms(quiet))).toEqual(Object.keys(alarms(template)));
    quiet.resourceCountIs('AWS::SNS::Topic', 0);
  });

  test('go off at a failed run, a blocked run, a dead letter, 80 % of the time limit, and a throttle', () => {
    const above = (threshold: number) => ({
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      Threshold: threshold,
      TreatMissingData: 'notBreaching',
    });
    for (const MetricName of ['RunsFailed', 'RunsBlocked']) {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', { ...above(0), MetricName });
    }
    for (const queue of Object.keys(template.findResources('AWS::SQS::Queue'))) {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', {
        ...above(0),
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }],
      });
    }
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...above(48_000),
      Namespace: 'AWS/Lambda',
      MetricName: 'Duration',
      Statistic: 'Maximum',
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...above(0),
      Metrics: Match.arrayWith([
        Match.objectLike({
          MetricStat: Match.objectLike({ Metric: Match.objectLike({ MetricName: 'Throttles' }) }),
        }),
      ]),
    });
  });

  test('go off at no run in two periods of the schedule, in the hours in which it fires', () => {
    const silence = (periodSeconds: number, expression: unknown, evaluationPeriods = 1) => ({
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: evaluationPeriods,
      TreatMissingData: 'breaching',
      Metrics: Match.arrayWith([
        Match.objectLike({ Expression: expression, ReturnData: true }),
        Match.objectLike({
          MetricStat: Match.objectLike({
            Metric: Match.objectLike({ MetricName: 'RunsStarted' }),
            Period: periodSeconds,
          }),
        }),
      ]),
    });
    template.hasResourceProperties(
      'AWS::CloudWatch::Alarm',
      silence(
        600,
        Match.stringLikeRegexp('DAY\\(filled\\) >= 1 .*HOUR\\(filled\\) >= 15 AND HOUR\\(filled\\) <= 18'),
      ),
    );
    templateWith({ schedule: 'rate(1 minute)' }).hasResourceProperties(
      'AWS::CloudWatch::Alarm',
      silence(120, 'filled'),
    );
    templateWith({ schedule: 'rate(1 day)' }).hasResourceProperties(
      'AWS::CloudWatch::Alarm',
      silence(86_400, 'filled', 2),
    );
    const asleep = alarms(templateWith({ scheduleEnabled: false }));
    expect(Object.keys(alarms(template)).filter((id) => !(id in asleep))).toEqual([
      expect.stringMatching(/^alarmsnoruns/),
    ]);
  });
});
