import { digestOf, KINDS, type Finding, type Played, type Subject } from './play.ts';
import { Simulator, type Worker } from './workers.ts';

/** The figures of a simulation. */
export interface Figures {
  seed: number;
  schedules: number;
  events: number;
  violations: number;
  perSecond: number;
  digest: string;
  coverage: Record<string, number>;
}

export interface Simulated {
  figures: Figures;
  findings: Finding[];
}

/** How many schedules a worker plays at a time. */
const CHUNK = 50;
const LIMIT_MS = 120_000;

/** Plays the schedules of a seed, in some processes at once; what they find does not depend on how many. */
export async function simulate(
  subject: Subject,
  seed: number,
  schedules: number,
  processes: number,
): Promise<Simulated> {
  const simulator = await Simulator.of();
  const workers = Array.from({ length: processes }, () => simulator.worker());
  const begun = performance.now();
  const chunks: Played[] = [];
  let next = 0;
  const work = async (worker: Worker) => {
    for (let index = next++; index * CHUNK < schedules; index = next++) {
      const [from, to] = [index * CHUNK, Math.min(schedules, (index + 1) * CHUNK)];
      const answer = await worker.order(
        { subject, kind: 'play', seed, from, to, stopsAtFirst: false },
        LIMIT_MS,
      );
      if (!('played' in answer)) {
        throw new Error(
          `Schedules ${from} to ${to} of seed ${seed}: ${'problem' in answer ? answer.problem : ''}`,
        );
      }
      chunks[index] = answer.played;
    }
  };
  try {
    await Promise.all(workers.map(work));
  } finally {
    for (const worker of workers) worker.end();
    simulator.remove();
  }
  const seconds = (performance.now() - begun) / 1_000;
  const findings = chunks.flatMap(({ violations }) => violations);
  const sum = (of: (chunk: Played) => number) => chunks.reduce((total, chunk) => total + of(chunk), 0);
  const figures = {
    seed,
    schedules,
    events: sum(({ events }) => events),
    violations: findings.length,
    perSecond: Math.round(schedules / seconds),
    digest: digestOf(chunks.flatMap(({ digests }) => digests)),
    coverage: Object.fromEntries(
      KINDS[subject].map((kind) => [kind, sum(({ counts }) => counts[kind] ?? 0)]),
    ),
  };
  return { figures, findings };
}

/** What happens in a schedule that breaks a rule, shortened. */
export async function courseOf(subject: Subject, seed: number, schedule: number): Promise<string[]> {
  const simulator = await Simulator.of();
  const worker = simulator.worker();
  try {
    const answer = await worker.order({ subject, kind: 'shorten', seed, schedule }, LIMIT_MS);
    return 'lines' in answer
      ? answer.lines
      : [`The course could not be shortened: ${JSON.stringify(answer)}`];
  } finally {
    worker.end();
    simulator.remove();
  }
}
