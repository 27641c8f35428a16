import { ActionState } from '@wbce/orbits-core';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { Scripted } from '../../support/scripted.ts';

let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Scripted]);
});
afterAll(() => test_.close());

test('a run that failed because all of `Promise.any` failed is retried from the first of them', async () => {
  let isBroken = true;
  const step = (workflow: Changing, ref: string) =>
    workflow.do(
      ref,
      Scripted.of({
        main: () => {
          calls.push({ name: ref, key: '' });
          if (isBroken) throw new RangeError(ref);
          return ActionState.SUCCESS;
        },
      }),
    );
  script.define = async (workflow) => {
    await Promise.any([step(workflow, 'one'), step(workflow, 'other')]);
    return 'done';
  };
  const key = newKey();
  expect(await test_.runner().run({ key, workflow: new Changing() })).toMatchObject({
    state: 'ERROR',
    error: { name: 'AggregateError' },
  });
  isBroken = false;
  expect(await test_.runner().retry(runId(key))).toMatchObject({ state: 'SUCCESS', result: 'done' });
});
