import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/local-app.ts';
import type { Subject } from '../play.ts';
import { Simulator, type Patch } from '../workers.ts';

/** A deliberate fault, and the rule that it breaks. */
export interface Mutant extends Patch {
  name: string;
  breaks: string;
}

/** From this seed schedules are drawn until one finds the fault. Most are found in the first hundred. */
const SEED = 1;
const SCHEDULES: Record<Subject, number> = { runs: 16_000, market: 6_000 };
const LIMIT_MS = 1_800_000;

/** One file each: what it breaks, the source file, the text to be found there once, and what takes its place. */
const inFolder = (folder: string): Mutant[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.mutant'))
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const parts = /^breaks: (.+)\nfile: (.+)\nsearch:\n([^]+)\nreplace:\n([^]*)\n$/.exec(text);
      if (!parts) throw new Error(`${file} is not a mutant.`);
      const [, breaks = '', source = '', search = '', replace = ''] = parts;
      return { name: file.slice(0, -'.mutant'.length), breaks, file: source, search, replace };
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
  const missed: string[] = [];
  const left = chosen.values();
  const work = async () => {
    for (const mutant of left) {
      const found = await firstFinding(subject, { from: 0, to: schedules }, mutant);
      if (found) {
        const { schedule, message } = found;
        // The same course of events breaks no rule without the fault.
        const unchanged = await firstFinding(subject, { from: schedule, to: schedule + 1 });
        if (unchanged) throw new Error(`The code as it is breaks a rule, seed ${SEED}: ${unchanged.message}`);
        print(`found ${mutant.name}: at schedule ${schedule}, ${message.slice(0, 160)}`);
      } else {
        missed.push(mutant.name);
        print(`MISSED ${mutant.name}: ${mutant.breaks}`);
      }
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return { mutants: chosen.length, found: chosen.length - missed.length, missed };
}

/** The first schedule that breaks a rule, with a fault or without. */
async function firstFinding(
  subject: Subject,
  among: { from: number; to: number },
  mutant?: Mutant,
): Promise<{ schedule: number; message: string } | undefined> {
  const simulator = await Simulator.of(mutant);
  const worker = simulator.worker();
  try {
    const order = { subject, kind: 'play', seed: SEED, ...among, stopsAtFirst: true } as const;
    const answer = await worker.order(order, LIMIT_MS);
    // A fault that ends the process, or that never ends, is found by no rule.
    if ('problem' in answer) throw new Error(`${mutant?.name ?? 'Without a fault'}: ${answer.problem}`);
    return 'played' in answer ? answer.played.violations[0] : undefined;
  } finally {
    worker.end();
    simulator.remove();
  }
}
