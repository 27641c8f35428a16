import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import type { RecordedStep } from './durable/step.ts';

/** What happens to runs as a whole. */
type RunMetric = 'RunsStarted' | 'RunsResumed' | 'RunsSucceeded' | 'RunsFailed' | 'DuplicatesSuppressed';

const priced = z.object({
  argument: z.object({ symbol: z.string() }),
  outcome: z.object({ result: z.object({ stockPrice: z.object({ stock_price: z.string() }) }) }),
});
const traded = z.object({
  outcome: z.object({ result: z.object({ stockData: z.object({ type: z.string() }) }) }),
});

/**
 * The metrics of runs, one line of CloudWatch's embedded metric format each. A line is written at once, so that an
 * invocation that dies has told what it did until then.
 *
 * The dashboard and the alarms of the stack use these very names.
 */
export class RunMetrics {
  readonly #metrics: Metrics;
  readonly #tellsPrices: boolean;

  /** @param tellsPrices whether each symbol's price is a metric, which CloudWatch bills by the symbol */
  constructor(metrics: Metrics, tellsPrices: boolean) {
    this.#metrics = metrics;
    this.#tellsPrices = tellsPrices;
  }

  count(name: RunMetric, about: { run: string }): void {
    this.#publish(name, MetricUnit.Count, 1, {}, about);
  }

  stepEnded(run: string, step: RecordedStep): void {
    const about = { run, step: step.ref };
    const durationMs = step.endedAt.getTime() - step.startedAt.getTime();
    this.#publish('StepDuration', MetricUnit.Milliseconds, durationMs, { step: step.ref }, { run });

    const price = this.#tellsPrices ? priced.safeParse(step).data : undefined;
    if (price) {
      const { symbol } = price.argument;
      // A point of a graph: nothing is computed with it.
      const dollars = Number(price.outcome.result.stockPrice.stock_price);
      this.#publish('Price', MetricUnit.NoUnit, dollars, { symbol }, about);
    }
    const trade = traded.safeParse(step).data;
    if (trade) {
      const { type } = trade.outcome.result.stockData;
      this.#publish('Trades', MetricUnit.Count, 1, { type }, about);
    }
  }

  #publish(
    name: string,
    unit: (typeof MetricUnit)[keyof typeof MetricUnit],
    value: number,
    dimensions: Record<string, string>,
    about: Record<string, string>,
  ): void {
    for (const [key, text] of Object.entries(about)) this.#metrics.addMetadata(key, text);
    this.#metrics.addDimensions(dimensions).addMetric(name, unit, value).publishStoredMetrics();
  }
}
