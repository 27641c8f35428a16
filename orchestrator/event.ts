import * as z from 'zod';
import { idempotencyKey, MOST_SYMBOLS, shard, stockSymbol, text } from './actions/symbol.ts';

const id = z.string().regex(/^[0-9a-f]{24}$/, 'a run\'s id is 24 hexadecimal digits, as "list" shows them');
const instant = (what: string) =>
  z.iso.datetime({ error: `${what} is an ISO 8601 time in UTC, such as "2026-01-05T14:30:00Z"` });
const symbols = z.array(stockSymbol);
/** What a person says of an answer; it is kept and shown. */
export const note = text('a note', { max: 500 }).optional();
const cursor = text('a cursor', { max: 1_000 });

/** Each command that the orchestrator takes, by its name. */
export const commands = {
  tick: z
    .strictObject({
      command: z.literal('tick'),
      scheduledTime: instant('the scheduled time'),
      symbols: symbols.max(MOST_SYMBOLS).optional(),
      shard: shard.optional(),
      late: z.literal(true).optional(),
    })
    .describe(
      'What a schedule sends: a run of each symbol, under the scheduled time as its key. Without `symbols`, of each one that is configured, or watched; of several schedules each has its `shard` of them. A tick that is older than `maxTickAgeMinutes` is recorded as skipped, unless `late` is `true`: then its runs begin under the same key, at the price of now.',
    ),
  run: z
    .strictObject({
      command: z.literal('run').default('run'),
      symbols: symbols.min(1).max(MOST_SYMBOLS).optional(),
      shard: shard.optional(),
      idempotencyKey: idempotencyKey.optional(),
    })
    .describe('A run of each symbol now. The same key again gives the same runs. `{}` will do.'),
  resume: z
    .strictObject({ command: z.literal('resume'), id: id.optional() })
    .describe('Carries on the run, or all that are due, and starts none.'),
  list: z
    .strictObject({
      command: z.literal('list'),
      state: z.enum(['SUCCESS', 'ERROR', 'IN_PROGRESS']).optional(),
      symbol: stockSymbol.optional(),
      tick: idempotencyKey.optional(),
      from: instant('`from`').optional(),
      to: instant('`to`').optional(),
      limit: z.int().min(1).max(100).default(20),
      cursor: cursor.optional(),
    })
    .describe(
      'Runs, the newest first: started at `from` or later, and before `to`; with `tick`, of all shards of that tick, or of that key. `cursor` is of the answer before.',
    ),
  show: z.strictObject({ command: z.literal('show'), id }).describe('One run with its steps.'),
  approve: z
    .strictObject({ command: z.literal('approve'), id, note })
    .describe('Lets a run that waits for approval trade, and carries it on.'),
  reject: z
    .strictObject({ command: z.literal('reject'), id, note })
    .describe('Ends a run that waits for approval without a trade.'),
  cancel: z
    .strictObject({ command: z.literal('cancel'), id, note })
    .describe('Ends a run that waits or sleeps. One that is at work, or that may have traded, is refused.'),
  retry: z
    .strictObject({ command: z.literal('retry'), id })
    .describe('Carries a failed run on from the step that failed, and keeps what succeeded.'),
  halt: z
    .strictObject({ command: z.literal('halt'), note })
    .describe(
      'Has buy and sell refuse every new order. What was let through before may still become a trade.',
    ),
  unhalt: z.strictObject({ command: z.literal('unhalt') }).describe('Lets new orders in again.'),
  positions: z
    .strictObject({
      command: z.literal('positions'),
      symbols: z.array(stockSymbol).min(1).max(100).optional(),
      limit: z.int().min(1).max(100).default(20),
      cursor: stockSymbol.optional(),
    })
    .describe('What the trades of each symbol add up to, by symbol. `cursor` is of the answer before.'),
  trades: z
    .strictObject({
      command: z.literal('trades'),
      symbol: stockSymbol.optional(),
      from: instant('`from`').optional(),
      to: instant('`to`').optional(),
      limit: z.int().min(1).max(1000).default(20),
      cursor: cursor.optional(),
    })
    .describe('Trades, the newest first: made at `from` or later, and before `to`.'),
  watch: z
    .strictObject({ command: z.literal('watch'), symbols: symbols.min(1).max(MOST_SYMBOLS) })
    .describe(
      'Adds symbols to the list in the store. The next tick trades them, where `watchlist` is `store`.',
    ),
  unwatch: z
    .strictObject({ command: z.literal('unwatch'), symbols: symbols.min(1).max(MOST_SYMBOLS) })
    .describe('Takes symbols off that list. Runs that are open go on.'),
  watchlist: z.strictObject({ command: z.literal('watchlist') }).describe('That list.'),
};

type Commands = { [Name in keyof typeof commands]: z.output<(typeof commands)[Name]> };
export type CommandName = keyof Commands;
/** What the orchestrator takes. */
export type OrchestratorEvent = Commands[CommandName];
export type EventOf<Name extends CommandName> = Commands[Name];

/** Thrown for an event that is none of these; nothing was done. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';
}

export function parseEvent(payload: unknown): OrchestratorEvent {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new InvalidEventError(
      `The payload is ${kindOf(payload)}; it has to be a JSON object such as {"symbols":["AMZN"],"idempotencyKey":"my-key"}, or {}.`,
    );
  }
  const name = 'command' in payload ? payload.command : 'run';
  if (!isCommand(name)) {
    const known = Object.keys(commands).join(', ');
    throw new InvalidEventError(`The command ${JSON.stringify(name)} is none; there are ${known}.`);
  }
  const parsed = commands[name].safeParse(payload);
  if (parsed.success) return parsed.data;
  const problems = z.prettifyError(parsed.error).replace(/\s*\n\s*/g, ' ');
  const members = Object.keys(commands[name].shape).filter((member) => member !== 'command');
  throw new InvalidEventError(
    `The payload can't be taken: ${problems}. The command "${name}" takes ${members.join(', ')}.`,
  );
}

function isCommand(name: unknown): name is CommandName {
  return typeof name === 'string' && Object.hasOwn(commands, name);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
