import type { Logger } from '@aws-lambda-powertools/logger';
import type { DifferenceAnswer } from '../../functions/contracts/reconcile-ledger.ts';
import type { Notice } from '../actions/notifier.ts';
import { recordError } from '../durable/errors.ts';
import type { LedgerLog } from './compare-ledger.ts';
import type { MetricLine } from './metric-line.ts';

/** How much of a message differences may take; `reconcile` shows all of them. */
const MOST_IN_NOTICE = 20;

/**
 * A line of the log for what differs, the metrics of each comparison, and a message about each difference that is new.
 *
 * `LedgerCompared` is 1 if all was compared, and 0 if the broker could not be asked, or an order has been under way for long.
 */
export function ledgerLog(
  logger: Logger,
  publish: MetricLine,
  notify: (notice: Notice, about: string) => void,
): LedgerLog {
  return {
    compared(tick, { compared, differences, overdue }) {
      const found = differences.filter((each) => each.new);
      if (differences.length > 0 || overdue.length > 0) {
        const seen = { tick, compared, differences: differences.slice(0, MOST_IN_NOTICE), overdue };
        logger.error('the ledger and the broker differ', seen);
      }
      publish('LedgerCompared', 'Count', overdue.length === 0 ? 1 : 0, {}, { tick });
      publish('LedgerDifferences', 'Count', differences.length, {}, { tick });
      if (found.length > 0) notify(noticeOf(found), tick);
    },
    notCompared(tick, error) {
      logger.error('the ledger could not be compared with the broker', { tick, error: recordError(error) });
      publish('LedgerCompared', 'Count', 0, {}, { tick });
    },
  };
}

function noticeOf(differences: DifferenceAnswer[]): Notice {
  const symbols = differences.map(({ symbol }) => symbol);
  const lines = differences
    .slice(0, MOST_IN_NOTICE)
    .flatMap(({ symbol, found }) =>
      found.map(({ kind, ledger, broker }) => `${symbol}: ${kind}: ledger ${ledger}, broker ${broker}`),
    );
  return {
    subject: `The ledger and the broker differ: ${symbols.join(', ')}`,
    text:
      `${lines.join('\n')}\n\nNew orders of these symbols are refused. Find out why, then take what the broker has:\n\n` +
      `  npm run trader -- reconcile --accept --function ${process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'NAME'}\n`,
  };
}
