import { Command } from '@commander-js/extra-typings';
import { readCommandLine, toContext, UsageError } from './options.ts';

export interface Options {
  symbols: string[] | undefined;
  key: string | undefined;
  json: boolean;
  fresh: boolean;
  watch: boolean;
  data: string | undefined;
  /** Keys of the stack's configuration. */
  context: Record<string, string> | undefined;
}

const program = () =>
  new Command('npm start --')
    .description('Runs the deployed app on this machine: the same bundles, behind the same Lambda API.')
    .option('--symbol <symbol...>', 'trade this symbol instead of the configured ones; may be repeated')
    .option('--key <key>', 'the idempotency key: the same key gives the same run and the same trade')
    .option('--json', "print the orchestrator's answer as one JSON object; logs go to stderr")
    .option('--fresh', 'delete the local data first')
    .option('--watch', 'stay up and tick on the schedule; print the endpoints; Ctrl-C stops')
    .option('--data <folder>', 'keep the data in this folder instead of .local/data')
    .option(
      '-c, --context <key=value...>',
      'a key of the configuration, as for cdk deploy, such as approval=always; may be repeated',
    )
    .addHelpText(
      'after',
      `
The data stays in .local/. Set MONGODB_URI to use your own MongoDB instead of the embedded store.

Examples:
  npm start -- --symbol AMZN --symbol MSFT
  npm start -- --key my-first-run --json
  npm start -- --watch`,
    );

/** Undefined where only the help was printed. */
export async function readOptions(args: string[]): Promise<Options | undefined> {
  const start = program();
  if (!(await readCommandLine(start, args))) return undefined;
  const { symbol, key, json = false, fresh = false, watch = false, data, context } = start.opts();
  if (watch && (json || key !== undefined || symbol)) {
    throw new UsageError('--watch ticks on the schedule; it does not take --symbol, --key or --json.');
  }
  return { symbols: symbol, key, json, fresh, watch, data, context: context && toContext(context) };
}
