import { randomUUID } from 'node:crypto';
import type { EventCommand } from './command.ts';
import { wholeNumberOption } from './options.ts';
import { failedRuns, noProblem, notEnded, otherOutcome } from './problems.ts';

const byId = (
  name: string,
  does: string,
  example: string,
  problemIn: EventCommand['problemIn'],
  withNote = false,
): EventCommand => ({
  usage: `${name} ID${withNote ? ' [--note TEXT]' : ''}`,
  does,
  example,
  options: withNote ? { note: { type: 'string' } } : {},
  toEvent: ({ note }, id) => ({ command: name, id, note }),
  takesId: 'yes',
  problemIn,
});

const ID = '45e9b56611cdcb087c95278c';

/** What is asked of runs, and done to them. */
export const runCommands: Record<string, EventCommand> = {
  list: {
    usage: 'list [--state S] [--symbol SYM] [--tick KEY] [--from T] [--to T] [--limit N] [--cursor C]',
    does: 'runs, the newest first',
    example: 'list --state IN_PROGRESS --symbol AMZN',
    options: {
      state: { type: 'string' },
      symbol: { type: 'string' },
      tick: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      limit: { type: 'string' },
      cursor: { type: 'string' },
    },
    toEvent: ({ limit, ...values }) => ({
      command: 'list',
      ...values,
      limit: wholeNumberOption('--limit', limit),
    }),
    takesId: 'no',
    problemIn: noProblem,
  },
  show: {
    ...byId(
      'show',
      'one run with its steps; --html writes a page about it',
      `show ${ID} --html run.html`,
      noProblem,
    ),
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
    problemIn: failedRuns,
  },
  tick: {
    usage: 'tick --time T [--symbol SYM ...] [--late]',
    does: 'what the schedule sends, for a scheduled time; --late takes one older than maxTickAgeMinutes',
    example: 'tick --time 2026-01-05T14:30:00Z',
    options: {
      time: { type: 'string' },
      symbol: { type: 'string', multiple: true },
      late: { type: 'boolean' },
    },
    toEvent: ({ time, symbol, late }) => ({ command: 'tick', scheduledTime: time, symbols: symbol, late }),
    takesId: 'no',
    problemIn: failedRuns,
  },
  resume: {
    usage: 'resume [ID]',
    does: 'carries on the run, or all that are due',
    example: 'resume',
    options: {},
    toEvent: (_, id) => ({ command: 'resume', id }),
    takesId: 'may',
    problemIn: failedRuns,
  },
  approve: byId(
    'approve',
    'lets a run that waits trade',
    `approve ${ID} --note "checked"`,
    otherOutcome('approved', 'already-approved'),
    true,
  ),
  reject: byId(
    'reject',
    'ends a run that waits without a trade',
    `reject ${ID} --note "earnings tomorrow"`,
    otherOutcome('rejected', 'already-rejected'),
    true,
  ),
  cancel: byId('cancel', 'ends a run that waits or sleeps', `cancel ${ID}`, notEnded('cancelled'), true),
  retry: byId(
    'retry',
    'carries a failed run on from the step that failed',
    `retry ${ID}`,
    otherOutcome('retried'),
  ),
};
