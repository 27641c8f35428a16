import { Command } from '@commander-js/extra-typings';
import type { Context, Work } from './command.ts';
import { addDeploymentCommands } from './commands/deployment.ts';
import { addLedgerCommands } from './commands/ledger.ts';
import { addRunCommands } from './commands/runs.ts';
import { addStrategyCommands } from './commands/strategies.ts';
import { addWatchlistCommands } from './commands/watchlist.ts';

/** The command line of `npm run trader`. */
export function traderProgram(run: (work: Work, given: Omit<Context, 'open'>) => Promise<void>) {
  const program = new Command('npm run trader --')
    .description("Shows and controls runs, through the orchestrator's events.")
    .usage('COMMAND [options]')
    .option('--function <name>', 'the deployed orchestrator, with your AWS credentials and region')
    .option('--data <folder>', 'the folder of the local run, if not .local/data')
    .option('--json', "print the orchestrator's answer as JSON")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Without --function, a command is for the local run.

Exit code: 0 done, 1 refused or failed, 2 wrong command line.`,
    );
  const runWithOptions = (work: Work) => {
    const { function: functionName, data, json = false } = program.opts();
    return run(work, { where: { functionName, data }, json });
  };
  for (const add of [
    addRunCommands,
    addLedgerCommands,
    addWatchlistCommands,
    addDeploymentCommands,
    addStrategyCommands,
  ]) {
    add(program, runWithOptions);
  }
  return program;
}
