import type { Logger } from '@aws-lambda-powertools/logger';
import { recordError } from '../durable/errors.ts';
import type { HoursLog } from './market-at-tick.ts';
import type { MetricLine } from './metric-line.ts';

/** A line of the log and a metric for each tick at which the market was closed, or its hours could not be had. */
export function hoursLog(logger: Logger, publish: MetricLine): HoursLog {
  return {
    marketClosed(tick, until) {
      logger.info('market closed: the tick starts no runs', { tick, until });
      publish('TicksClosed', 'Count', 1, {}, { tick });
    },
    hoursUnknown(tick, error) {
      logger.error("the market's hours could not be had; the tick starts its runs", {
        tick,
        error: error === undefined ? 'an earlier delivery of this tick has logged it' : recordError(error),
      });
      publish('HoursUnknown', 'Count', 1, {}, { tick });
    },
  };
}
