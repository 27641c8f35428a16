import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Run } from '../command.ts';
import { example } from './example.ts';
import { sendEvent } from './send-event.ts';

/** Commands that read or change the watchlist in the store. */
export function addWatchlistCommands(program: CommandUnknownOpts, run: Run): void {
  for (const [command, description] of [
    ['watch', 'add symbols to the watchlist in the store, which ticks trade with watchlist=store'],
    ['unwatch', 'remove symbols from the watchlist in the store'],
  ] as const) {
    program
      .command(command)
      .argument('<symbols...>')
      .description(description)
      .addHelpText('after', example(`${command} AMZN BRK.B`))
      .action((symbols) => run(sendEvent({ command, symbols })));
  }
  program
    .command('watchlist')
    .description('show the watchlist in the store')
    .action(() => run(sendEvent({ command: 'watchlist' })));
}
