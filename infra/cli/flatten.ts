import { createInterface } from 'node:readline/promises';
import { UsageError } from '../local/options.ts';
import { flattenedTable } from './answer/ledger-tables.ts';
import { parseAnswer } from './answer/answer.ts';
import { sendEvent } from './commands/send-event.ts';
import type { Context, Done } from './command.ts';
import { columns } from './table.ts';

/** The person at the terminal. What is said to them is not part of the output. */
export interface Person {
  /** Whether there is one. */
  isThere: boolean;
  say(text: string): void;
  ask(question: string): Promise<string>;
}

export interface FlattenOptions {
  key: string;
  /** Whether the question is not asked. */
  yes: boolean;
}

/** `npm run trader -- flatten`: shows what would be closed, asks, and closes it. The key comes first, so that it can be repeated. */
export async function runFlatten(
  symbols: string[],
  { key, yes }: FlattenOptions,
  context: Context,
  person: Person = atTerminal,
): Promise<Done> {
  if (!yes && !person.isThere) {
    throw new UsageError('flatten asks before it trades, and there is no terminal here: give --yes.');
  }
  const target = await context.open();
  const event = { command: 'flatten', ...(symbols.length > 0 && { symbols }), idempotencyKey: key };
  person.say(`key: ${key}\n`);
  if (!yes) {
    const { flattened = [] } = parseAnswer(await target.send({ ...event, dryRun: true }));
    person.say(`${flattenedPlan(flattened).join('\n')}\n`);
    const answer = await person.ask('Close these positions at the market? [y/N] ');
    if (!/^y(es)?$/i.test(answer.trim())) return { output: '', problem: 'Nothing was closed.' };
  }
  return sendEvent(event)(context);
}

type Rows = Parameters<typeof flattenedTable>[0];

function flattenedPlan(rows: Rows): string[] {
  if (rows.length === 0) return ['No position is held, and no order is open.'];
  return columns(
    ['SYMBOL', 'SHARES', 'OPEN ORDERS'],
    rows.map(({ symbol, left, open }) => [symbol, left, String(open)]),
  );
}

const atTerminal: Person = {
  isThere: process.stdin.isTTY,
  say: (text) => void process.stderr.write(text),
  ask: async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  },
};
