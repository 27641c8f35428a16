import { randomUUID } from 'node:crypto';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { wholeNumber } from '../../local/options.ts';
import type { Run } from '../command.ts';
import { example } from './example.ts';
import { sendEvent } from './send-event.ts';

const ID = '45e9b56611cdcb087c95278c';

/** Commands that read or change runs. */
export function addRunCommands(program: CommandUnknownOpts, run: Run): void {
  program
    .command('list')
    .description('list runs, newest first')
    .option('--state <state>', 'only runs in this state: SUCCESS, ERROR, IN_PROGRESS or BLOCKED')
    .option('--symbol <symbol>', 'only runs of this symbol')
    .option('--tick <key>', 'only runs of this tick')
    .option('--from <time>', 'only runs that started at this time or later')
    .option('--to <time>', 'only runs that started before this time')
    .option('--limit <n>', 'at most so many runs', wholeNumber)
    .option('--cursor <cursor>', 'the next page, by the cursor of the last answer')
    .addHelpText('after', example('list --state IN_PROGRESS --symbol AMZN'))
    .action((options) => run(sendEvent({ command: 'list', ...options })));
  program
    .command('show')
    .argument('<id>')
    .description('show a run with its steps')
    .option('--html <file>', 'write a page about the run to this file')
    .addHelpText('after', example(`show ${ID} --html run.html`))
    .action((id, { html }) => run(sendEvent({ command: 'show', id }, { html })));
  program
    .command('run')
    .description('start a run of each symbol now; the same key gives the same runs')
    .option('--symbol <symbol...>', 'run this symbol instead of the configured ones; may be repeated')
    .option('--key <key>', 'the idempotency key; if omitted, a new one')
    .addHelpText('after', example('run --symbol AMZN --key my-key'))
    // The key is made here, so that an SDK that sends the request again starts no second run.
    .action(({ symbol: symbols, key: idempotencyKey = randomUUID() }) =>
      run(sendEvent({ command: 'run', symbols, idempotencyKey })),
    );
  program
    .command('tick')
    .description('send the event of a tick, as the schedule does')
    .option('--time <time>', 'the scheduled time, in UTC')
    .option('--symbol <symbol...>', 'run this symbol instead of the configured ones; may be repeated')
    .option('--late', 'run a tick even if it is older than maxTickAgeMinutes')
    .addHelpText('after', example('tick --time 2026-01-05T14:30:00Z'))
    .action(({ time: scheduledTime, symbol: symbols, late }) =>
      run(sendEvent({ command: 'tick', scheduledTime, symbols, late })),
    );
  program
    .command('ticks')
    .description('list the ticks of the schedule, newest first, and whether the market was open')
    .option('--limit <n>', 'at most so many ticks', wholeNumber)
    .option('--cursor <cursor>', 'the next page, by the cursor of the last answer')
    .addHelpText('after', example('ticks --limit 100'))
    .action((options) => run(sendEvent({ command: 'ticks', ...options })));
  program
    .command('resume')
    .argument('[id]')
    .description('resume a run, or all runs that are due')
    .addHelpText('after', example('resume'))
    .action((id) => run(sendEvent({ command: 'resume', id })));
  for (const [command, description, note] of [
    ['approve', 'approve the order of a run that waits for approval', 'checked'],
    [
      'reject',
      'reject the order of a run that waits for approval; the run ends without a trade',
      'earnings tomorrow',
    ],
    ['cancel', 'end a run that waits', 'not needed any more'],
  ] as const) {
    program
      .command(command)
      .argument('<id>')
      .description(description)
      .option('--note <text>', 'a note that is recorded with it')
      .addHelpText('after', example(`${command} ${ID} --note "${note}"`))
      .action((id, { note: given }) => run(sendEvent({ command, id, note: given })));
  }
  program
    .command('retry')
    .argument('<id>')
    .description('resume a failed run at the step that failed it')
    .option('--from <step>', 'execute this step again, and all steps after it')
    .addHelpText('after', example(`retry ${ID}`))
    .action((id, { from }) => run(sendEvent({ command: 'retry', id, from })));
}
