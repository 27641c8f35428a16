import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, Option } from '@commander-js/extra-typings';
import { readCommandLine, UsageError } from '../infra/local/options.ts';
import { Contender } from './contender.ts';
import { contestants } from './contestants/index.ts';
import {
  bundle,
  coldStart,
  contestantEntry,
  driverEntry,
  orchestratorColdStarts,
} from './figures/cold-start.ts';
import type { ColdStart } from './figures/cold-start.ts';
import { full, quick } from './plan.ts';
import { machine, references, resultOf, type Results } from './results.ts';
import { measureStore } from './store/measure.ts';
import { Deadline } from './support/deadline.ts';
import { toMarkdown } from './table.ts';

const program = new Command('npm run bench --')
  .description('Measures this project next to what a user would pick instead, and writes bench/results.md.')
  .option(
    '--quick',
    'fewer rounds and smaller sizes; takes at most three minutes, does not write bench/results.md',
  )
  .option('--json', 'print one JSON object instead of the table')
  .addOption(
    new Option('--only <name...>', 'only this contestant; may be repeated').choices(Object.keys(contestants)),
  )
  .option('--store-only', 'only the embedded store');
try {
  if (!(await readCommandLine(program, process.argv.slice(2)))) process.exit();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}
const options = program.opts();

const plan = options.quick ? quick : full;
const deadline = new Deadline(plan.limitMs);
const names = options.storeOnly ? [] : (options.only ?? Object.keys(contestants));
const progress = (line: string) => process.stderr.write(`${line}\n`);

const contenders: Contender[] = [];
for (const name of names) {
  contenders.push(await Contender.start(name, plan, deadline));
}

// Stops what was started here, also at Ctrl-C.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void Promise.allSettled(contenders.map(({ backend }) => backend.stop())).finally(() => process.exit(130));
  });
}

/** Measures a figure; if it fails, its reason is recorded and the other figures are still measured. */
async function attempt(
  contender: Contender,
  figure: string,
  missing: string | undefined,
  work: () => Promise<void>,
) {
  if (missing) {
    contender.reasons[figure] = missing;
    return;
  }
  progress(`${contender.name}: ${figure}`);
  try {
    await deadline.hold(work);
  } catch (error) {
    contender.reasons[figure] ??= (error as Error).message.split('\n')[0]!;
  }
}

async function round() {
  for (const each of contenders) await attempt(each, 'race', undefined, () => each.race());
}

await round();
for (const each of contenders) {
  const { missing } = each.about;
  await attempt(each, 'commandsPerRun', missing.commands, () => each.commands());
  await attempt(each, 'sentBytesPerStep', missing.bytes, () => each.bytes());
  await attempt(each, 'resumeMs', missing.resume, () => each.resume());
  if (missing.cost) each.reasons['costPerMillionRuns'] = missing.cost;
}

const driver: ColdStart[] = [];
const coldStarts = new Map<Contender, ColdStart[]>(contenders.map((each) => [each, []]));
const bundles = new Map<string, Promise<string>>();
function bundleOf(name: string): Promise<string> {
  if (!bundles.has(name)) bundles.set(name, bundle(name, contestantEntry(name)));
  return bundles.get(name)!;
}
const memoryMb = contenders.length > 0 ? await measureColdStarts() : 0;

async function measureColdStarts(): Promise<number> {
  const store = await Contender.start('orbits-trader', plan, deadline);
  const orchestrator = await orchestratorColdStarts(store.backend);
  const driverFile = await bundle('driver', driverEntry);
  for (let start = 0; start < plan.coldStarts; start++) {
    await deadline
      .hold(async () => driver.push(await coldStart(driverFile, store.backend.uri)))
      .catch(() => 0);
    for (const each of contenders) {
      await attempt(each, 'coldStartRatio', each.about.missing['cold-start'], async () => {
        const once =
          each.name === 'orbits-trader'
            ? orchestrator.once()
            : coldStart(await bundleOf(each.name), each.backend.uri);
        coldStarts.get(each)!.push(await once);
      });
    }
  }
  await orchestrator.close();
  await store.backend.stop();
  return orchestrator.memoryMb;
}

let store: Results['store'] = null;
let storeReason: string | undefined;
progress('the embedded store');
try {
  store = await deadline.hold(() => measureStore(plan));
} catch (error) {
  storeReason = (error as Error).message;
}

for (const each of contenders) {
  await attempt(each, 'growthRatio', each.about.missing.growth, () => each.growthOf());
}

for (let more = 1; more < plan.rounds; more++) await round();

const results: Results = {
  mode: options.quick ? 'quick' : 'full',
  date: new Date().toISOString().slice(0, 10),
  machine: machine(),
  plan,
  contestants: Object.fromEntries(
    contenders.map((each) => [each.name, resultOf(each, coldStarts.get(each)!, driver, memoryMb)]),
  ),
  references: references(driver),
  store,
  ...(storeReason !== undefined && { storeReason }),
};
await Promise.all(contenders.map(({ backend }) => backend.stop()));

if (options.json) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
else process.stdout.write(toMarkdown(results));
if (!options.quick && !options.only && !options.storeOnly) {
  const file = fileURLToPath(new URL('results.md', import.meta.url));
  mkdirSync(new URL('.', import.meta.url), { recursive: true });
  writeFileSync(file, toMarkdown(results));
}
process.exit();
