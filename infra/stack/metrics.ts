import type { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';

/** The namespace of the orchestrator's own metrics; a test holds the names below and what the bundle emits together. */
export const NAMESPACE = 'OrbitsTrader';
const dimensionsMap = { service: 'orchestrator' };

export type RunMetricName =
  'RunsStarted' | 'RunsResumed' | 'RunsSucceeded' | 'RunsFailed' | 'DuplicatesSuppressed';

/** How many runs came to this within a period. */
export function runs(metricName: RunMetricName, period?: Duration): Metric {
  return new Metric({
    namespace: NAMESPACE,
    metricName,
    dimensionsMap,
    statistic: Stats.SUM,
    ...(period && { period }),
  });
}

/** One line for each value of a dimension that there is: a step, a type of trade, or a symbol of one's own needs no change. */
export function eachOf(
  metricName: 'StepDuration' | 'Trades' | 'Price',
  dimension: string,
  statistic: string,
): MathExpression {
  const schema = `{${NAMESPACE},service,${dimension}}`;
  return new MathExpression({
    expression: `SEARCH('${schema} MetricName="${metricName}" service="${dimensionsMap.service}"', '${statistic}')`,
    label: '',
    usingMetrics: {},
  });
}
