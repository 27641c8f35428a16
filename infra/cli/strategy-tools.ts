import type { Tool } from './command.ts';
import { STRATEGY_USAGE, strategyOptions } from './strategy-options.ts';

/** What is asked of strategies; no order is placed. */
export const strategyTools: Record<string, Tool> = {
  backtest: {
    usage: `backtest FILE.csv ${STRATEGY_USAGE} [--cash AMOUNT] [--quantity N] [--svg FILE]`,
    does: 'what a strategy would have come to with the prices of a file; --svg draws it',
    example: 'backtest test/fixtures/prices.csv --strategy moving-average --svg backtest.svg',
    options: {
      ...strategyOptions,
      cash: { type: 'string', default: '10000.00' },
      quantity: { type: 'string', default: '1' },
      svg: { type: 'string' },
    },
    takes: 'a file of prices',
    run: async (values, file) => ({
      output: await (await import('./backtest/run.ts')).runBacktest(values, file!),
    }),
  },
  diff: {
    usage: `diff ${STRATEGY_USAGE} [--symbol SYM] [--from T] [--to T] [--limit N]`,
    does: 'which decisions of past runs another strategy would change; no order is placed',
    example: 'diff --strategy threshold --sell-above 95.00 --symbol AMZN',
    options: {
      ...strategyOptions,
      symbol: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      limit: { type: 'string', default: '100' },
    },
    takes: undefined,
    run: async (values, _, open) => ({
      output: await (await import('./decision-diff.ts')).runDiff(values, open),
    }),
  },
};
