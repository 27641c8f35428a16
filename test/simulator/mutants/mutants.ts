import { Simulator, type Patch } from '../workers.ts';

/** A deliberate fault, and the rule that it breaks. */
export interface Mutant extends Patch {
  name: string;
  breaks: string;
}

export const MUTANTS: Mutant[] = [];

/** From these, in turn, schedules are drawn until one finds the fault. */
const SEED = 1;
const SCHEDULES = 3_000;
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
  const chosen = MUTANTS.filter(({ name }) => names?.includes(name) ?? true);
  const missed: string[] = [];
  const left = chosen.values();
  const work = async () => {
    for (const mutant of left) {
      const finding = await findMutant(mutant);
      if (finding === undefined) missed.push(mutant.name);
      print(`${finding === undefined ? 'MISSED' : 'found'} ${mutant.name}: ${finding ?? mutant.breaks}`);
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return { mutants: chosen.length, found: chosen.length - missed.length, missed };
}

/** What gave the mutant away, or undefined where nothing did. */
async function findMutant(mutant: Mutant): Promise<string | undefined> {
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
