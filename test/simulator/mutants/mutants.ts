import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/local-app.ts';
import type { Subject } from '../play.ts';
import { Simulator, type Patch } from '../workers.ts';

/** A deliberate fault, and the rule that it breaks. */
export interface Mutant extends Patch {
  name: string;
  breaks: string;
  /** The seed whose schedules find it, if those of the common one do so late. */
  seed: number;
}

/** From this seed schedules are drawn until one finds the fault. */
const SEED = 1;
const SCHEDULES: Record<Subject, number> = { runs: 4_000, market: 1_500 };
const LIMIT_MS = 900_000;

/** One file each: what it breaks, the source file, the text to be found there once, and what takes its place. */
const inFolder = (folder: string): Mutant[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.mutant'))
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const parts = /^breaks: (.+)\n(?:seed: (\d+)\n)?file: (.+)\nsearch:\n([^]+)\nreplace:\n([^]*)\n$/.exec(
        text,
      );
      if (!parts) throw new Error(`${file} is not a mutant.`);
      const [, breaks = '', seed, source = '', search = '', replace = ''] = parts;
      const name = file.slice(0, -'.mutant'.length);
      return { name, breaks, seed: Number(seed ?? SEED), file: source, search, replace };
    });

export const MUTANTS: Record<Subject, Mutant[]> = {
  runs: inFolder(join(root, 'test', 'simulator', 'mutants')),
  market: inFolder(join(root, 'test', 'simulator', 'market', 'mutants')),
};

export interface Found {
  mutants: number;
  found: number;
  missed: string[];
}

/** Applies each mutant to a copy of the code, and lets the simulator look for it. */
export async function findMutants(
  subject: Subject,
  names: string[] | undefined,
  processes: number,
  print: (line: string) => void,
  schedules = SCHEDULES[subject],
): Promise<Found> {
  const chosen = MUTANTS[subject].filter(({ name }) => names?.includes(name) ?? true);
  const seeds = new Set(chosen.map((mutant) => mutant.seed)).values();
  const playUnchanged = async () => {
    for (const seed of seeds) {
      const finding = await firstFinding(subject, seed, schedules);
      if (finding !== undefined) throw new Error(`The code as it is breaks a rule, seed ${seed}: ${finding}`);
    }
  };
  await Promise.all(Array.from({ length: processes }, playUnchanged));
  const missed: string[] = [];
  const left = chosen.values();
  const work = async () => {
    for (const mutant of left) {
      const finding = await firstFinding(subject, mutant.seed, schedules, mutant);
      if (finding === undefined) missed.push(mutant.name);
      print(`${finding === undefined ? 'MISSED' : 'found'} ${mutant.name}: ${finding ?? mutant.breaks}`);
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return { mutants: chosen.length, found: chosen.length - missed.length, missed };
}

/** What gives a mutant away, or undefined where nothing does. */
async function firstFinding(
  subject: Subject,
  seed: number,
  schedules: number,
  mutant?: Mutant,
): Promise<string | undefined> {
  const simulator = await Simulator.of(mutant);
  const worker = simulator.worker();
  try {
    const order = { subject, kind: 'play', seed, from: 0, to: schedules, stopsAtFirst: true } as const;
    const answer = await worker.order(order, LIMIT_MS);
    // A fault that ends the process, or that never ends, is found by no rule.
    if ('problem' in answer) throw new Error(`${mutant?.name ?? `Seed ${seed}`}: ${answer.problem}`);
    const first = 'played' in answer ? answer.played.violations[0] : undefined;
    return first && `at schedule ${first.schedule}, ${first.message.slice(0, 160)}`;
  } finally {
    worker.end();
    simulator.remove();
  }
}
