import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { wholeNumber } from '../../local/options.ts';
import type { Run } from '../command.ts';
import { example } from './example.ts';

/** A command with the options that choose a strategy. */
const strategyCommand = (program: CommandUnknownOpts, name: string) =>
  program
    .command(name)
    .option('--strategy <name>', 'threshold or moving-average', 'threshold')
    .option('--sell-above <price>', 'of threshold: sells above this price, buys at it and below', '100.00')
    .option('--short <n>', 'of moving-average: prices in the short window', '5')
    .option('--long <n>', 'of moving-average: prices in the long window', '20');

/** Commands that try strategies; they place no orders. */
export function addStrategyCommands(program: CommandUnknownOpts, run: Run): void {
  strategyCommand(program, 'backtest')
    .argument('<file>', 'a file of prices; docs/strategies.md says in which formats')
    .description('compute what a strategy would have earned with the prices of a file')
    .option('--cash <amount>', 'dollars at the start', '10000.00')
    .option('--quantity <n>', 'shares in an order; 1 without --order-value')
    .option('--order-value <amount>', 'dollars in an order, in place of --quantity')
    .option('--fractional-shares', 'with --order-value: order parts of a share')
    .option('--svg <file>', 'draw prices, trades and equity to this file')
    .addHelpText(
      'after',
      example('backtest test/fixtures/prices.csv --strategy moving-average --svg backtest.svg'),
    )
    .action((file, options) =>
      run(async ({ json }) => ({
        output: await (await import('../backtest/run.ts')).runBacktest({ ...options, json }, file),
      })),
    );
  strategyCommand(program, 'diff')
    .description('list the decisions of past runs that another strategy would change')
    .option('--symbol <symbol>', 'only runs of this symbol')
    .option('--from <time>', 'only runs that started at this time or later')
    .option('--to <time>', 'only runs that started before this time')
    .option('--limit <n>', 'at most so many runs', wholeNumber, 100)
    .addHelpText('after', example('diff --strategy threshold --sell-above 95.00 --symbol AMZN'))
    .action((options) =>
      run(async ({ json, open }) => ({
        output: await (await import('../strategies/diff.ts')).runDiff({ ...options, json }, open),
      })),
    );
}
