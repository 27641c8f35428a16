// Runs whose workflows look late, or never, at what failed, in a process that Node ends at an unhandled rejection.
import { Changing, Echo, Refuse, script } from './counting.ts';
import { newKey, startDurableApp } from './durable-app.ts';

/** What fails, by its name. */
const failures: Record<string, (workflow: Changing) => Promise<unknown>> = {
  step: (workflow) => workflow.do('late', new Refuse()),
  wait: (workflow) => workflow.waitFor('approval', { timeout: { milliseconds: 1 } }),
  'wait of no length': (workflow) => workflow.waitFor('approval', { timeout: {} }),
  'wait that is not declared': (workflow) => workflow.waitFor('other', { timeout: { hours: 1 } }),
  'sleep of no length': (workflow) => workflow.sleep('late', {}),
  'sleep until no time': (workflow) => workflow.sleep('late', new Date(NaN)),
  'argument that is not JSON': (workflow) =>
    workflow.do('late', new Echo().setArgument({ value: 1n as never })),
  'timeout that is not one': (workflow) => workflow.do('late', () => 1, { timeout: {} }),
  undo: (workflow) =>
    workflow.do('late', new Refuse(), { undo: () => new Echo().setArgument({ value: 'undo' }) }),
};

/** Lets the process find what nothing handles. */
const turns = async () => {
  for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
};

const test_ = await startDurableApp([Changing, Echo, Refuse]);
const seen: Record<string, unknown> = {};
for (const [name, fail] of Object.entries(failures)) {
  for (const isLookedAt of [true, false]) {
    script.define = async (workflow) => {
      const late = fail(workflow);
      await workflow.echo('first', 'a');
      await turns();
      await workflow.echo('second', 'b');
      await turns();
      return isLookedAt ? late.catch((error: Error) => error.name) : 'done';
    };
    const key = newKey();
    const start = () => test_.runner().run({ key, workflow: new Changing() });
    let run = await start();
    for (let pass = 0; run.state === 'IN_PROGRESS' && pass < 5; pass++) run = await start();
    // Replayed once more, as though its end had not been recorded.
    await test_.actions.updateOne({ 'filter.key': key }, { $set: { state: 0 } });
    run = await start();
    await turns();
    seen[`${name}, ${isLookedAt ? 'late' : 'never'}`] = run.result;
  }
}
await test_.close();
console.log(JSON.stringify(seen));
