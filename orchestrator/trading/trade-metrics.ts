import * as z from 'zod';
import type { RecordedStep } from '../durable/step.ts';
import type { RunDocument } from '../durable/run-document.ts';
import type { RunObserver } from '../durable/run-observer.ts';
import type { MetricLine } from '../tick/metric-line.ts';

const priced = z.object({
  argument: z.object({ symbol: z.string() }),
  outcome: z.object({ result: z.object({ stockPrice: z.object({ stock_price: z.string() }) }) }),
});
const traded = z.object({
  outcome: z.object({ result: z.object({ stockData: z.object({ type: z.string() }) }) }),
});

/** The metrics of prices and trades. The dashboard of the stack uses these names. */
export class TradeMetrics implements Partial<RunObserver> {
  readonly #publish: MetricLine;
  readonly #hasPrices: boolean;

  /** @param hasPrices whether each symbol's price is a metric, which CloudWatch bills by the symbol */
  constructor(publish: MetricLine, hasPrices: boolean) {
    this.#publish = publish;
    this.#hasPrices = hasPrices;
  }

  stepEnded({ _id }: RunDocument, step: RecordedStep): void {
    const about = { run: _id.toHexString(), step: step.ref };
    const price = this.#hasPrices ? priced.safeParse(step).data : undefined;
    if (price) {
      const { symbol } = price.argument;
      // A point of a graph: nothing is computed with it.
      const dollars = Number(price.outcome.result.stockPrice.stock_price);
      this.#publish('Price', 'None', dollars, { symbol }, about);
    }
    const trade = traded.safeParse(step).data;
    if (trade) {
      const { type } = trade.outcome.result.stockData;
      this.#publish('Trades', 'Count', 1, { type }, about);
    }
  }
}
