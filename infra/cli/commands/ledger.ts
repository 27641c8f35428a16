import { randomUUID } from 'node:crypto';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { wholeNumber } from '../../local/options.ts';
import type { Run } from '../command.ts';
import { example } from './example.ts';
import { sendEvent } from './send-event.ts';

/** Commands that read the ledger, close positions, or halt trading. */
export function addLedgerCommands(program: CommandUnknownOpts, run: Run): void {
  program
    .command('positions')
    .description('show the position of each symbol')
    .option('--symbol <symbol...>', 'only this symbol; may be repeated')
    .option('--limit <n>', 'at most so many symbols', wholeNumber)
    .option('--cursor <cursor>', 'the next page, by the cursor of the last answer')
    .option('--csv', 'write all pages as comma-separated values')
    .addHelpText('after', example('positions --csv > positions.csv'))
    .action(({ symbol: symbols, csv, ...options }) =>
      run(sendEvent({ command: 'positions', symbols, ...options }, { csv })),
    );
  program
    .command('trades')
    .description('list trades, newest first')
    .option('--symbol <symbol>', 'only trades of this symbol')
    .option('--from <time>', 'only trades at this time or later')
    .option('--to <time>', 'only trades before this time')
    .option('--limit <n>', 'at most so many trades', wholeNumber)
    .option('--cursor <cursor>', 'the next page, by the cursor of the last answer')
    .option('--csv', 'write all pages as comma-separated values')
    .addHelpText('after', example('trades --symbol AMZN --csv > trades.csv'))
    .action(({ csv, ...options }) => run(sendEvent({ command: 'trades', ...options }, { csv })));
  program
    .command('flatten')
    .argument('[symbols...]')
    .description('sell what is held and buy back what is owed, of these symbols or of all; asks before')
    .option('--key <key>', 'the idempotency key; if omitted, a new one')
    .option('--yes', 'do not ask')
    .addHelpText('after', example('flatten AMZN BRK.B'))
    .action((symbols, { key = randomUUID(), yes = false }) =>
      run(async (context) => (await import('../flatten.ts')).runFlatten(symbols, { key, yes }, context)),
    );
  program
    .command('halt')
    .description('refuse every new order')
    .option('--note <text>', 'the reason, which each refusal shows')
    .option('--cancel-open', 'then cancel the orders that are open at the broker')
    .addHelpText('after', example('halt --note "looking into it" --cancel-open'))
    .action((options) => run(sendEvent({ command: 'halt', ...options })));
  program
    .command('unhalt')
    .description('accept new orders again')
    .action(() => run(sendEvent({ command: 'unhalt' })));
  program
    .command('reconcile')
    .argument('[symbols...]')
    .description('compare the ledger with the broker; the exit code is 1 if they differ')
    .option(
      '--accept',
      'make the positions of the ledger those of the broker, where they are known to differ',
    )
    .option('--full', 'also compare the books with all of their trades')
    .option('--note <text>', 'why, which is recorded with what is accepted')
    .addHelpText('after', example('reconcile AMZN --accept --note "split"'))
    .action((symbols, options) =>
      run(sendEvent({ command: 'reconcile', ...(symbols.length > 0 && { symbols }), ...options })),
    );
}
