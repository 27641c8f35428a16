import { randomInt } from 'node:crypto';
import { Command, Option } from '@commander-js/extra-typings';
import { readCommandLine, wholeNumber } from '../../infra/local/options.ts';
import { runMain } from '../../infra/local/run-main.ts';
import { synthesize } from '../../infra/local/synthesize.ts';
import { assemblyDir, root } from '../support/local-app.ts';
import type { Verdict } from '../support/fault-proof.ts';
import { PROOFS, prove } from './proofs.ts';

const program = new Command('npm run test:faults --')
  .description('Shows by exhaustion that each tick is one trade, whatever dies, stops or answers wrongly.')
  .option('--full', 'every fault and 1,000 random schedules, instead of the selection that npm test runs')
  .option('--json', 'print one JSON object to stdout; the figures go to stderr')
  .option('--seed <n>', 'the seed of what is random; a figure shows its own', wholeNumber, randomInt(2 ** 31))
  .addOption(
    new Option('--proof <name...>', 'only this proof; may be repeated').choices(Object.keys(PROOFS)),
  );

/** Returns the exit code: 0 if nothing was lost, doubled or otherwise wrong, else 1; 2 for a wrong command line. */
async function main(args: string[]): Promise<number> {
  if (!(await readCommandLine(program, args))) return 0;
  const { proof: proofs = Object.keys(PROOFS), seed, full = false, json = false } = program.opts();
  await synthesize(root, assemblyDir);
  const verdicts = new Map<string, Verdict>();
  for (const name of proofs) {
    const { figure, ...verdict } = await prove(name, { full, seed });
    verdicts.set(name, verdict);
    (json ? process.stderr : process.stdout).write(`${figure}\n`);
    for (const problem of verdict.problems) process.stderr.write(`  ${problem}\n`);
  }
  const all = [...verdicts.values()];
  if (json) process.stdout.write(`${JSON.stringify(toFigures(verdicts))}\n`);
  return all.every(({ lost, doubled, problems }) => lost + doubled + problems.length === 0) ? 0 : 1;
}

function toFigures(verdicts: Map<string, Verdict>) {
  const all = [...verdicts.values()];
  const count = (name: string) => verdicts.get(name)?.count ?? 0;
  return {
    crashPoints: count('crash matrix') + count('crash paths'),
    duplicateTicks: count('two at once'),
    storeFaults: count('sick store'),
    functionFaults: count('sick functions'),
    randomSchedules: count('random'),
    lost: all.reduce((total, { lost }) => total + lost, 0),
    doubled: all.reduce((total, { doubled }) => total + doubled, 0),
  };
}

runMain(main);
