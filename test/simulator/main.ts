import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Command } from '@commander-js/extra-typings';
import { readCommandLine, UsageError, wholeNumber } from '../../infra/local/options.ts';
import { runMain } from '../../infra/local/run-main.ts';
import { findMutants, MUTANTS } from './mutants/mutants.ts';
import { courseOf, simulate } from './simulate.ts';

/** Of how many schedules that break a rule the course is printed. */
const SHOWN = 3;

const program = new Command('npm run simulate --')
  .description(
    'Plays the durable layer, or with --market the ledger and a broker, in virtual time, with drawn faults, and holds it against a model.',
  )
  .option('--schedules <n>', 'how many courses of events are drawn', wholeNumber, 1_000)
  .option('--seed <n>', 'what they are drawn from; the figures show it', wholeNumber, randomInt(2 ** 31))
  .option('--only <n>', 'print the shortened course of one schedule of the seed', wholeNumber)
  .option('--market', 'play orders at a broker, with its fills and faults, instead of runs')
  .option('--mutants', 'show that each deliberate fault in the code is found')
  .option('--mutant <name...>', 'only this one; may be repeated')
  .option('--processes <n>', 'how many play at a time', wholeNumber, availableParallelism())
  .option('--json', 'print one JSON object to stdout; all else goes to stderr');

/** Returns the exit code: 0 if every rule holds, or every deliberate fault was found; else 1. */
async function main(args: string[]): Promise<number> {
  if (!(await readCommandLine(program, args))) return 0;
  const { schedules, seed, only, market, mutants, mutant: names, processes, json } = program.opts();
  const subject = market ? 'market' : 'runs';
  const again = `npm run simulate --${market ? ' --market' : ''}`;
  const print = (line: string) => void (json ? process.stderr : process.stdout).write(`${line}\n`);
  if (schedules < 1 || processes < 1) throw new UsageError('--schedules and --processes are at least 1.');
  if (only !== undefined) {
    for (const line of await courseOf(subject, seed, only)) print(line);
    return 0;
  }
  if (mutants || names) {
    const unknown = names?.find((name) => MUTANTS[subject].every((mutant) => mutant.name !== name));
    if (unknown !== undefined) throw new UsageError(`There is no mutant "${unknown}".`);
    const found = await findMutants(subject, names, processes, print);
    if (json) process.stdout.write(`${JSON.stringify(found)}\n`);
    return found.found === found.mutants ? 0 : 1;
  }
  const { figures, findings } = await simulate(subject, seed, schedules, processes);
  for (const { schedule, message } of findings) {
    print(`Schedule ${schedule}: ${message}`);
    print(`  again: ${again} --seed ${seed} --only ${schedule}`);
  }
  for (const { schedule } of findings.slice(0, SHOWN)) {
    print(`\nThe course of schedule ${schedule}, shortened:`);
    for (const line of await courseOf(subject, seed, schedule)) print(line);
  }
  const { events, violations, perSecond } = figures;
  print(
    `${schedules} schedules with ${events} events: ${violations} violations (${perSecond} a second, --seed ${seed})`,
  );
  if (json) process.stdout.write(`${JSON.stringify(figures)}\n`);
  return violations === 0 ? 0 : 1;
}

runMain(main);
