import { parseArgs } from 'node:util';
import { nearest } from '../config/nearest.ts';
import { quoted } from '../config/quoted.ts';

export interface Options {
  symbols: string[] | undefined;
  key: string | undefined;
  json: boolean;
  fresh: boolean;
  watch: boolean;
  data: string | undefined;
  /** Keys of the stack's configuration. */
  context: Record<string, string> | undefined;
  help: boolean;
}

/** A wrong command line or environment; the message is one line that says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `Runs the deployed app on this machine: the same bundles, behind the same Lambda API.

  npm start -- [options]

  --symbol SYM   trade this symbol instead of the configured ones; may be repeated
  --key KEY      the idempotency key: the same key gives the same run and the same trade
  --json         print the orchestrator's reply as one JSON object; logs go to stderr
  --fresh        wipe the local data first
  --watch        stay up and tick on the schedule; print the endpoints; Ctrl-C stops
  --data DIR     keep the data in this folder instead of .local/data
  -c KEY=VALUE   a key of the configuration, as for cdk deploy, such as approval=always; may be repeated
  --help         print this

Data stays in .local/. Set MONGODB_URI to use a MongoDB of your own instead of the embedded store.

  npm start -- --symbol AMZN --symbol MSFT
  npm start -- --key my-first-run --json
`;

const OPTIONS = {
  symbol: { type: 'string', multiple: true },
  key: { type: 'string' },
  json: { type: 'boolean', default: false },
  fresh: { type: 'boolean', default: false },
  watch: { type: 'boolean', default: false },
  data: { type: 'string' },
  context: { type: 'string', short: 'c', multiple: true },
  help: { type: 'boolean', default: false },
} as const;

export function parseOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: OPTIONS,
    });
    const { symbol, key, data, context, ...flags } = values;
    if (data === '') throw new UsageError('--data takes a folder; leave it out for .local/data.');
    if (flags.watch && (flags.json || key !== undefined || symbol)) {
      throw new UsageError('--watch ticks on the schedule; it takes none of --symbol, --key and --json.');
    }
    return { symbols: symbol, key, data, context: context && toContext(context), ...flags };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [firstSentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(
      `${firstSentence}${unknownOption(firstSentence!, Object.keys(OPTIONS))} See npm start -- --help.`,
    );
  }
}

/** The end of a sentence about an option that there is not: what may have been meant, or a full stop. */
export function unknownOption(sentence: string, names: string[]): string {
  const [, option] = /^Unknown option '--([\w-]+)'/.exec(sentence) ?? [];
  const meant = option === undefined ? undefined : nearest(option, names);
  return meant === undefined ? '.' : `; did you mean --${meant}?`;
}

/** Keys of the configuration, from `KEY=VALUE` each. */
export function toContext(assignments: string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const [, key, value] = /^([\w-]+)=(.*)$/s.exec(assignment) ?? [];
      if (key === undefined || value === undefined) {
        throw new UsageError(`-c takes KEY=VALUE, such as approval=always, not ${quoted(assignment)}.`);
      }
      return [key, value];
    }),
  );
}
