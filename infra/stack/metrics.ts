import { Lazy, Stack, type Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';

const inStack = (produce: (stackName: string) => string) =>
  Lazy.uncachedString({ produce: ({ scope }) => produce(Stack.of(scope).stackName) });

/**
 * The namespace of the orchestrator's own metrics: the name of the stack that uses it, so that no stage counts what
 * another one did. A test holds the names below and what the bundle emits together.
 */
export const NAMESPACE = inStack((name) => name);
/** A search needs quotes around a name with a dash: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html */
const SEARCHED = inStack((name) => (/^\w+$/.test(name) ? name : `"${name}"`));
const dimensionsMap = { service: 'orchestrator' };

export type RunMetricName =
  'RunsStarted' | 'RunsResumed' | 'RunsSucceeded' | 'RunsFailed' | 'RunsBlocked' | 'DuplicatesSuppressed';

export type TickMetricName = 'TicksClosed' | 'HoursUnknown';

export type LedgerMetricName = 'LedgerCompared' | 'LedgerDifferences';

/** How many runs had this outcome within a period. */
export const runs = (metricName: RunMetricName, period?: Duration) => counted(metricName, period);

/** How many ticks came while the market was closed, or its hours were not to be had. */
export const ticks = (metricName: TickMetricName, period?: Duration) => counted(metricName, period);

/** The most of what the comparisons of the ledger with the broker counted within a period. */
export const ledger = (metricName: LedgerMetricName, period?: Duration) =>
  counted(metricName, period, Stats.MAXIMUM);

function counted(metricName: string, period?: Duration, statistic: string = Stats.SUM): Metric {
  return new Metric({
    namespace: NAMESPACE,
    metricName,
    dimensionsMap,
    statistic,
    ...(period && { period }),
  });
}

/** One line for each value of a dimension that there is: a step, a type of trade, or a symbol of one's own needs no change. */
export function eachOf(
  metricName: 'StepDuration' | 'Trades' | 'Price',
  dimension: string,
  statistic: string,
): MathExpression {
  const schema = `{${SEARCHED},service,${dimension}}`;
  return new MathExpression({
    expression: `SEARCH('${schema} MetricName="${metricName}" service="${dimensionsMap.service}"', '${statistic}')`,
    label: '',
    usingMetrics: {},
  });
}
