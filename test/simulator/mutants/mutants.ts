import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/local-app.ts';
import { Simulator, type Patch } from '../workers.ts';

/** A deliberate fault, and the rule that it breaks. */
export interface Mutant extends Patch {
  name: string;
  breaks: string;
}

const folder = join(root, 'test', 'simulator', 'mutants');

/** One file each: what it breaks, the source file, the text to be found there once, and what takes its place. */
export const MUTANTS: Mutant[] = readdirSync(folder)
  .filter((file) => file.endsWith('.mutant'))
  .sort()
  .map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const parts = /^breaks: (.+)\nfile: (.+)\nsearch:\n([^]+)\nreplace:\n([^]*)\n$/.exec(text);
    if (!parts) throw new Error(`${file} is not a mutant.`);
    const [, breaks, source, search, replace] = parts as unknown as [string, string, string, string, string];
    return { name: file.slice(0, -'.mutant'.length), breaks, file: source, search, replace };
  });

/** From these, in turn, schedules are drawn until one finds the fault. */
const SEED = 1;
const SCHEDULES = 4_000;
const LIMIT_MS = 180_000;

export interface Found {
  mutants: number;
  found: number;
  missed: string[];
}

/** Applies each mutant to a copy of the code, and lets the simulator look for it. */
export async function findMutants(
  names: string[] | undefined,
  processes: number,
  print: (line: string) => void,
): Promise<Found> {
  const unchanged = await firstFinding();
  if (unchanged !== undefined) throw new Error(`The code as it is breaks a rule, seed ${SEED}: ${unchanged}`);
  const chosen = MUTANTS.filter(({ name }) => names?.includes(name) ?? true);
  const missed: string[] = [];
  const left = chosen.values();
  const work = async () => {
    for (const mutant of left) {
      const finding = await firstFinding(mutant);
      if (finding === undefined) missed.push(mutant.name);
      print(`${finding === undefined ? 'MISSED' : 'found'} ${mutant.name}: ${finding ?? mutant.breaks}`);
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return { mutants: chosen.length, found: chosen.length - missed.length, missed };
}

/** What gives a mutant away, or undefined where nothing does. */
async function firstFinding(mutant?: Mutant): Promise<string | undefined> {
  const simulator = await Simulator.of(mutant);
  const worker = simulator.worker();
  try {
    const order = { kind: 'play', seed: SEED, from: 0, to: SCHEDULES, stopsAtFirst: true } as const;
    const answer = await worker.order(order, LIMIT_MS);
    if ('problem' in answer) return answer.problem;
    const first = 'played' in answer ? answer.played.violations[0] : undefined;
    return first && `at schedule ${first.schedule}, ${first.message.slice(0, 160)}`;
  } finally {
    worker.end();
    simulator.remove();
  }
}
