import { runTick, type Tick } from '../../orchestrator/tick/run-tick.ts';
import { backendOf } from '../../orchestrator/durable/backend.ts';
import { runId } from '../../orchestrator/durable/ids.ts';
import type { RunDocument } from '../../orchestrator/durable/run-document.ts';
import { Runner } from '../../orchestrator/durable/runner.ts';
import { Changing, Echo, script } from '../support/counting.ts';
import { Crash, newKey, silent, startDurableApp, type DurableTestApp } from '../support/durable-app.ts';

let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo]);
});
afterAll(() => test_.close());

/** Leaves a run in mid-pass, as an orchestrator that crashed does. */
async function leaveRun(): Promise<string> {
  const key = newKey();
  const crash = {
    stepStarted: () => {
      throw new Crash();
    },
  };
  await expect(test_.doomedRunner(crash).run({ key, workflow: new Changing() })).rejects.toThrow(Crash);
  return key;
}

const failures: string[] = [];
const log = { runFailed: (run: string) => void failures.push(run) };
const emptyTick: Tick = {
  key: 'tick',
  starts: [],
  at: new Date(0).toISOString(),
  overlap: 'skip',
  isRedelivered: true,
  isOurs: () => true,
};

const tick = (remainingMs: number, observer = silent) => {
  const time = { remainingMs: () => remainingMs, stepMs: 1_000 };
  return runTick(emptyTick, new Runner(backendOf(test_.app), observer, time), log);
};

test('a tick resumes what is due, and reports what it had no time for', async () => {
  script.define = (workflow) => workflow.echo('only', 'x');
  const keys = [await leaveRun(), await leaveRun(), await leaveRun()];

  const short = await tick(999);
  expect(short.runs).toEqual([]);
  expect(short.remaining).toHaveLength(3);

  const long = await tick(60_000);
  expect(long.runs.map(({ key, state }) => `${key} ${state}`)).toEqual(keys.map((key) => `${key} SUCCESS`));
  expect(long.remaining).toEqual([]);
});

test('a run that can not be advanced does not affect the others', async () => {
  script.define = (workflow) => workflow.echo('only', 'x');
  const [broken, whole] = [await leaveRun(), await leaveRun()];
  const runClaimed = (run: RunDocument) => {
    if (run.filter.key === broken) throw new Error('can not be advanced');
  };
  const { runs } = await tick(60_000, { ...silent, runClaimed });
  expect(runs.map(({ key }) => key)).toEqual([whole]);
  expect(failures).toEqual([runId(broken).toHexString()]);
});
