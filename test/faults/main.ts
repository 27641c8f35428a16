import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { synthesize } from '../../infra/local/synthesize.ts';
import { assemblyDir, root } from '../support/local-app.ts';
import type { Verdict } from '../support/fault-proof.ts';
import { PROOFS, prove } from './proofs.ts';

const HELP = `Usage: npm run test:faults -- [--full] [--json] [--seed N] [--proof NAME]

Shows by exhaustion that each tick is one trade, whatever dies, stops or answers wrongly.

  --full        every fault and 1,000 random schedules, in place of the form that npm test runs
  --json        one JSON object on stdout; the figures go to stderr
  --seed N      of what is random; a figure shows its own
  --proof NAME  one of: ${Object.keys(PROOFS).join(', ')}; may be given several times
`;

/** The exit code: 0 where nothing was lost, doubled or otherwise wrong, 1 where something was, 2 for a wrong command line. */
async function main(): Promise<number> {
  const options = parse(process.argv.slice(2));
  if (!options) return 2;
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  await synthesize(root, assemblyDir);
  const verdicts = new Map<string, Verdict>();
  for (const name of options.proofs) {
    const { figure, ...verdict } = await prove(name, options);
    verdicts.set(name, verdict);
    (options.json ? process.stderr : process.stdout).write(`${figure}\n`);
    for (const problem of verdict.problems) process.stderr.write(`  ${problem}\n`);
  }
  const all = [...verdicts.values()];
  if (options.json) process.stdout.write(`${JSON.stringify(toFigures(verdicts))}\n`);
  return all.every(({ lost, doubled, problems }) => lost + doubled + problems.length === 0) ? 0 : 1;
}

function toFigures(verdicts: Map<string, Verdict>) {
  const all = [...verdicts.values()];
  const count = (name: string) => verdicts.get(name)?.count ?? 0;
  return {
    crashPoints: count('crash matrix'),
    duplicateTicks: count('two at once'),
    storeFaults: count('sick store'),
    functionFaults: count('sick functions'),
    randomSchedules: count('random'),
    lost: all.reduce((total, { lost }) => total + lost, 0),
    doubled: all.reduce((total, { doubled }) => total + doubled, 0),
  };
}

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        full: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        seed: { type: 'string', default: String(randomInt(2 ** 31)) },
        proof: { type: 'string', multiple: true, default: Object.keys(PROOFS) },
      },
    });
    const unknown = values.proof.find((name) => !(name in PROOFS));
    if (unknown !== undefined) throw new Error(`there is no proof '${unknown}'`);
    if (!/^\d{1,10}$/.test(values.seed)) throw new Error(`--seed takes a whole number, not '${values.seed}'`);
    return { ...values, seed: Number(values.seed), proofs: values.proof };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    return undefined;
  }
}

process.exitCode = await main();
