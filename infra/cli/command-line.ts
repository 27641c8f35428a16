import { parseArgs } from 'node:util';
import { unknownOption, UsageError } from '../local/options.ts';
import { didYouMean } from '../config/nearest.ts';
import type { Command, Done, EventCommand, Tool } from './command.ts';
import { deploymentCommands } from './deployment-commands.ts';
import { ledgerCommands } from './ledger-commands.ts';
import { runCommands } from './run-commands.ts';
import { watchlistCommands } from './watchlist-commands.ts';
import { sendEvent } from './send-event.ts';
import { strategyTools } from './strategy-tools.ts';
import type { Target } from './target.ts';

/** Which orchestrator a command is for. */
export interface Where {
  /** A deployed function's name; the local run where it is undefined. */
  functionName: string | undefined;
  /** The local run's folder. */
  data: string | undefined;
}

/** What a command line asks for. */
export interface CommandLine extends Where {
  work(this: void, open: () => Promise<Target>): Promise<Done>;
}

export const commands: Record<string, Command> = {
  ...runCommands,
  ...ledgerCommands,
  ...watchlistCommands,
  ...deploymentCommands,
  ...strategyTools,
};

const everyCommand = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  function: { type: 'string' },
  data: { type: 'string' },
} as const;

const EVERY_COMMAND_HELP = `  --function NAME  the deployed orchestrator, with the usual AWS credentials and region; else the local run
  --data DIR       the local run's folder, .local/data where it is left out
  --json           the orchestrator's answer as it is
  --help           this; after a command, its own options

Exit code: 0 done, 1 refused or failed, 2 wrong command line.
`;

export function usage(name?: string): string {
  const named = name === undefined ? undefined : commandOf(name);
  if (named) {
    return `npm run trader -- ${named.usage}\n\n  ${named.does}\n\n  npm run trader -- ${named.example}\n\n${EVERY_COMMAND_HELP}`;
  }
  const width = 14;
  const lines = Object.entries(commands).map(([command, { does }]) => `  ${command.padEnd(width)}${does}`);
  return `Sees to runs, through the orchestrator's protocol.\n\n  npm run trader -- COMMAND [options]\n\n${lines.join('\n')}\n\n${EVERY_COMMAND_HELP}`;
}

const commandOf = (name: string) => (Object.hasOwn(commands, name) ? commands[name] : undefined);

/** Answers the text of a help that was asked for, or what to do. */
export function parseCommandLine(args: string[]): string | CommandLine {
  const [name, ...rest] = args[0] === '--' ? args.slice(1) : args;
  if (name === undefined || name === '--help' || name === '-h') return usage();
  const command = commandOf(name);
  if (!command) {
    throw new UsageError(
      `There is no command "${name}"${didYouMean(name, Object.keys(commands)) || '.'} See npm run trader -- --help.`,
    );
  }
  const { values, positionals } = parse(name, command, rest);
  const { help, function: functionName, data, ...own } = values;
  if (help) return usage(name);
  for (const option of ['function', 'data']) {
    if (values[option] === '')
      throw new UsageError(`--${option} takes a name; leave it out for the local run in .local/data.`);
  }
  const where = { functionName: functionName as string | undefined, data: data as string | undefined };
  return {
    work:
      'run' in command
        ? toolWork(name, command, own, positionals, where)
        : eventWork(name, command, own, positionals),
    ...where,
  };
}

function toolWork(
  name: string,
  tool: Tool,
  values: Values,
  positionals: string[],
  where: Where,
): CommandLine['work'] {
  if (tool.takes !== undefined && positionals.length === 0) {
    throw new UsageError(`"${name}" takes ${tool.takes}. See npm run trader -- ${name} --help.`);
  }
  const surplus = positionals[tool.takes === undefined ? 0 : 1];
  if (surplus !== undefined) throw surplusError(name, surplus);
  return (open) => tool.run(values, positionals[0], open, where);
}

function eventWork(
  name: string,
  command: EventCommand,
  values: Values,
  positionals: string[],
): CommandLine['work'] {
  const { json, html, csv, ...own } = values;
  if (html !== undefined && json) {
    throw new UsageError('--html writes a page and --json prints the answer; take one of the two.');
  }
  if (csv && json) throw new UsageError('--csv and --json are two forms of the answer; take one of the two.');
  if (html === '') throw new UsageError('--html takes a file, such as --html run.html.');
  const [id, ...others] = positionals;
  if (id === undefined && command.takesId === 'yes') {
    throw new UsageError(`"${name}" takes a run's id. See npm run trader -- list.`);
  }
  if (id === undefined && command.takesId === 'symbols') {
    throw new UsageError(`"${name}" takes symbols, such as AMZN. See npm run trader -- ${name} --help.`);
  }
  const surplus = { yes: others[0], may: others[0], no: id, symbols: undefined }[command.takesId];
  if (surplus !== undefined) throw surplusError(name, surplus);
  const event = Object.fromEntries(
    Object.entries(command.toEvent(own, id, positionals)).filter(([, value]) => value !== undefined),
  );
  const form = { json: json === true, html: html as string | undefined, csv: csv === true };
  return async (open) => sendEvent(event, form, command.problemIn, await open());
}

type Values = Record<string, unknown>;

const surplusError = (name: string, what: string) =>
  new UsageError(`"${name}" can't take ${JSON.stringify(what)}. See npm run trader -- ${name} --help.`);

function parse(name: string, { options }: Command, args: string[]) {
  const known = { ...everyCommand, ...options };
  try {
    const { tokens, ...parsed } = parseArgs({ args, options: known, allowPositionals: true, tokens: true });
    const given = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
    const twice = given.find((option, at) => given.indexOf(option) < at && !isMultiple(known, option));
    if (twice !== undefined) throw new UsageError(`--${twice} is given twice; give it once.`);
    return { values: parsed.values as Record<string, unknown>, positionals: parsed.positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [firstSentence] = (error as Error).message.split(/\.\s/);
    const end = unknownOption(firstSentence!, Object.keys(known));
    throw new UsageError(`${firstSentence}${end} See npm run trader -- ${name} --help.`);
  }
}

function isMultiple(known: Command['options'], option: string): boolean {
  return known[option]?.multiple === true;
}
