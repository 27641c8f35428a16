import type { Config } from './config.ts';
import type { Run } from './durable/run.ts';
import type { OpenRun } from './durable/run-store.ts';
import type { Runner } from './durable/runner.ts';

/** How many left-over runs one invocation carries on at the most. */
const CARRY_ON_LIMIT = 100;

/** How many runs one invocation has under way at a time. */
const PARALLEL_RUNS = 10;

/** Told of a run that could not be driven, by its id or its key. */
export interface TickLog {
  runFailed(run: string, error: unknown): undefined;
}

/** Carries on the runs that are due, oldest first, as long as there is time. */
export async function carryOn(
  open: OpenRun[],
  { overlap }: Pick<Config, 'overlap'>,
  runner: Runner,
  log: TickLog,
): Promise<{ carriedOn: Run[]; remaining: string[] }> {
  const lines = overlap === 'queue' ? queues(open) : open.map((run) => [run]);
  const carriedOn: Run[] = [];
  const remaining: string[] = [];
  const advance = async (id: OpenRun['id']): Promise<boolean> => {
    if (!runner.hasTime) {
      remaining.push(id.toHexString());
      return false;
    }
    const run = await runner.carryOn(id).catch((error: unknown) => log.runFailed(id.toHexString(), error));
    if (run) carriedOn.push(run);
    return run !== undefined && run.state !== 'IN_PROGRESS';
  };

  await inParallel(lines.filter(([first]) => first?.isReady).slice(0, CARRY_ON_LIMIT), async (line) => {
    for (const { id, isReady } of line) {
      if (!isReady || !(await advance(id))) return;
    }
  });
  const order = new Map(open.map(({ id }, index) => [id.toHexString(), index]));
  return { carriedOn: carriedOn.toSorted((a, b) => order.get(a.id)! - order.get(b.id)!), remaining };
}

/** The runs of each symbol, oldest first: one has to end before the next may go on. */
function queues(open: OpenRun[]): OpenRun[][] {
  const queueOf = new Map<string | undefined, OpenRun[]>();
  for (const run of open) {
    const { symbol } = run.filter;
    const queue = queueOf.get(symbol);
    if (queue) queue.push(run);
    else queueOf.set(symbol, [run]);
  }
  return [...queueOf.values()];
}

/** The answers in the order of the items, a few of which are under way at a time. */
export async function inParallel<Item, Answer>(
  items: Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) answers[index] = await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL_RUNS }, worker));
  return answers;
}
