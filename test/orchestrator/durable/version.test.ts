import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

let test_: DurableTestApp;
beforeAll(async () => {
  Changing.previousVersions = [FirstVersion];
  test_ = await startDurableApp([Changing, Echo]);
});
afterAll(() => test_.close());
let clock: ReturnType<typeof holdClock>;
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
});
afterEach(() => {
  clock.release();
  Changing.version = 1;
  Changing.previousVersions = [];
});

/** What the workflow was before its code changed. */
class FirstVersion extends Changing {
  static override version = 1;
  override async define() {
    await this.sleep('before', { hours: 1 });
    return this.echo('only', 'of the first version');
  }
}

const start = (key: string) => test_.runner().run({ key, workflow: new Changing() });
/** A run of the first version that is in flight when the second one is deployed. */
async function inFlight(): Promise<string> {
  const key = newKey();
  script.define = (workflow) => FirstVersion.prototype.define.call(workflow);
  expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS' });
  Changing.version = 2;
  script.define = (workflow) => workflow.echo('only', 'of the second version');
  clock.put(3_600_000);
  return key;
}

test('a run is resumed by the version that started it', async () => {
  const key = await inFlight();
  Changing.previousVersions = [FirstVersion];
  expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'of the first version' } });
  expect(await start(newKey())).toMatchObject({ result: { value: 'of the second version' } });
});

test('a run whose version is not deployed any more is blocked, says what to do, and goes on once it is', async () => {
  const key = await inFlight();
  const run = await start(key);
  expect(run).toMatchObject({ state: 'IN_PROGRESS', blocked: { error: { name: 'UnknownWorkflowError' } } });
  expect(run.blocked?.error.message).toMatch(
    /Version 1 of the workflow "changing" started the run; the deployed code has version 2 of it\./,
  );
  expect(calls).toEqual([]);
  Changing.previousVersions = [FirstVersion];
  expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'of the first version' } });
});
