import type { Metrics } from '@aws-lambda-powertools/metrics';

type Unit = Parameters<Metrics['addMetric']>[1];

/** Publishes one metric with its dimensions, and what it is about as metadata. */
export type MetricLine = (
  name: string,
  unit: Unit,
  value: number,
  dimensions: Record<string, string>,
  about: Record<string, string>,
) => void;

/**
 * One line of CloudWatch's embedded metric format each. A line is written at once, so that the metrics of an invocation
 * that crashes are not lost.
 */
export function metricLine(metrics: Metrics): MetricLine {
  return (name, unit, value, dimensions, about) => {
    for (const [key, text] of Object.entries(about)) metrics.addMetadata(key, text);
    metrics.addDimensions(dimensions).addMetric(name, unit, value).publishStoredMetrics();
  };
}
