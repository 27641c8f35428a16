import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Run } from '../command.ts';
import { example } from './example.ts';

/** Commands for a deployment. */
export function addDeploymentCommands(program: CommandUnknownOpts, run: Run): void {
  program
    .command('dead-letters')
    .description(
      'list the events that Lambda or EventBridge Scheduler gave up on, send them again, or delete them',
    )
    .option('--redrive <id...>', 'send these dead letters again; "all" for each tick; may be repeated')
    .option('--delete <id...>', 'delete these dead letters; "all" for each; may be repeated')
    .option('--late', 'with --redrive: send ticks even if they are older than maxTickAgeMinutes')
    .addHelpText('after', example('dead-letters --function NAME --redrive all --late'))
    .action((options) =>
      run(async (context) =>
        (await import('../dead-letters/dead-letters.ts')).runDeadLetters(options, context),
      ),
    );
  program
    .command('doctor')
    .description(
      'look at database, broker and schedule, and compare a deployment with what is configured here',
    )
    .option('-c, --context <key=value...>', 'a key of the configuration, as for cdk deploy; may be repeated')
    .addHelpText('after', example('doctor --function NAME -c maxPosition=100'))
    .action(({ context: keys = [] }) =>
      run(async (context) => (await import('../doctor/doctor.ts')).runDoctor(keys, context)),
    );
}
