import { randomUUID } from 'node:crypto';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from '../local/options.ts';

/** What a command line asks for: an event for the orchestrator, whose schema it is to check, and how to show the answer. */
export interface CommandLine {
  event: Record<string, unknown>;
  json: boolean;
  /** A deployed function's name; the local run where it is undefined. */
  functionName: string | undefined;
  data: string | undefined;
  /** The file to write a page about the run to. */
  html: string | undefined;
}

interface Command {
  usage: string;
  does: string;
  example: string;
  options: NonNullable<ParseArgsConfig['options']>;
  toEvent(values: Record<string, unknown>, id: string | undefined): Record<string, unknown>;
  takesId: 'yes' | 'no' | 'may';
}

const byId = (name: string, does: string, example: string, withNote = false): Command => ({
  usage: `${name} ID${withNote ? ' [--note TEXT]' : ''}`,
  does,
  example,
  options: withNote ? { note: { type: 'string' } } : {},
  toEvent: ({ note }, id) => ({ command: name, id, note }),
  takesId: 'yes',
});

const ID = '45e9b56611cdcb087c95278c';

const commands: Record<string, Command> = {
  list: {
    usage: 'list [--state S] [--symbol SYM] [--from T] [--to T] [--limit N] [--cursor C]',
    does: 'runs, the newest first',
    example: 'list --state IN_PROGRESS --symbol AMZN',
    options: {
      state: { type: 'string' },
      symbol: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      limit: { type: 'string' },
      cursor: { type: 'string' },
    },
    toEvent: ({ limit, ...values }) => ({
      command: 'list',
      ...values,
      limit: limit === undefined ? undefined : Number(limit),
    }),
    takesId: 'no',
  },
  show: {
    ...byId('show', 'one run with its steps; --html writes a page about it', `show ${ID} --html run.html`),
    usage: 'show ID [--html FILE]',
    options: { html: { type: 'string' } },
  },
  run: {
    usage: 'run [--symbol SYM ...] [--key KEY]',
    does: 'a run of each symbol now; the same key gives the same runs',
    example: 'run --symbol AMZN --key my-key',
    options: { symbol: { type: 'string', multiple: true }, key: { type: 'string' } },
    // A key of its own for each command line: whatever sends the request again makes no second run.
    toEvent: ({ symbol, key }) => ({ command: 'run', symbols: symbol, idempotencyKey: key ?? randomUUID() }),
    takesId: 'no',
  },
  tick: {
    usage: 'tick --time T',
    does: 'what the schedule sends, for a scheduled time',
    example: 'tick --time 2026-01-05T14:30:00Z',
    options: { time: { type: 'string' } },
    toEvent: ({ time }) => ({ command: 'tick', scheduledTime: time }),
    takesId: 'no',
  },
  resume: {
    usage: 'resume [ID]',
    does: 'carries on the run, or all that are due',
    example: 'resume',
    options: {},
    toEvent: (_, id) => ({ command: 'resume', id }),
    takesId: 'may',
  },
  approve: byId('approve', 'lets a run that waits trade', `approve ${ID} --note "checked"`, true),
  reject: byId(
    'reject',
    'ends a run that waits without a trade',
    `reject ${ID} --note "earnings tomorrow"`,
    true,
  ),
  cancel: byId('cancel', 'ends a run that waits or sleeps', `cancel ${ID}`, true),
  retry: byId('retry', 'carries a failed run on from the step that failed', `retry ${ID}`),
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
  const named = name === undefined ? undefined : commands[name];
  if (named) {
    return `npm run trader -- ${named.usage}\n\n  ${named.does}\n\n  npm run trader -- ${named.example}\n\n${EVERY_COMMAND_HELP}`;
  }
  const width = 12;
  const lines = Object.entries(commands).map(([command, { does }]) => `  ${command.padEnd(width)}${does}`);
  return `Sees to runs, through the orchestrator's protocol.\n\n  npm run trader -- COMMAND [options]\n\n${lines.join('\n')}\n\n${EVERY_COMMAND_HELP}`;
}

/** Answers the text of a help that was asked for, or what to do. */
export function parseCommandLine(args: string[]): string | CommandLine {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help') return usage();
  const command = commands[name];
  if (!command) {
    throw new UsageError(`There is no command "${name}". See npm run trader -- --help.`);
  }
  const { values, positionals } = parse(name, command, rest);
  const { json, help, function: functionName, data, html, ...own } = values;
  if (help) return usage(name);
  if (html !== undefined && json) {
    throw new UsageError('--html writes a page and --json prints the answer; take one of the two.');
  }
  if (html === '') throw new UsageError('--html takes a file, such as --html run.html.');
  const [id, ...others] = positionals;
  const expected = { yes: [1, 1], no: [0, 0], may: [0, 1] }[command.takesId] as [number, number];
  if (positionals.length < expected[0] || positionals.length > expected[1]) {
    const wrong = others[0] ?? id;
    throw new UsageError(
      wrong === undefined
        ? `"${name}" takes a run's id. See npm run trader -- list.`
        : `"${name}" can't take ${JSON.stringify(wrong)}. See npm run trader -- ${name} --help.`,
    );
  }
  const event = Object.entries(command.toEvent(own, id)).filter(([, value]) => value !== undefined);
  return {
    event: Object.fromEntries(event),
    json: json === true,
    functionName: functionName as string | undefined,
    data: data as string | undefined,
    html: html as string | undefined,
  };
}

function parse(name: string, { options }: Command, args: string[]) {
  try {
    const parsed = parseArgs({ args, options: { ...everyCommand, ...options }, allowPositionals: true });
    return { values: parsed.values as Record<string, unknown>, positionals: parsed.positionals };
  } catch (error) {
    const [firstSentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${firstSentence}. See npm run trader -- ${name} --help.`);
  }
}
