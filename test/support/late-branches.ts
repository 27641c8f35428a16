// A branch of the workflow's own that fails before the workflow awaits it, in a process that Node would end for it.
import { surviveLateRejections } from '../../orchestrator/durable/late-rejections.ts';
import { Changing, Echo, Refuse, script } from './counting.ts';
import { newKey, startDurableApp } from './durable-app.ts';

const rejections: string[] = [];
surviveLateRejections((reason) => rejections.push((reason as Error).name));

const test_ = await startDurableApp([Changing, Echo, Refuse]);
script.define = async (workflow) => {
  const branch = workflow.do('refused', new Refuse()).then(() => 'never');
  await workflow.echo('first', 'a');
  for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
  return branch.catch((error: Error) => error.name);
};
const { state, result } = await test_.runner().run({ key: newKey(), workflow: new Changing() });
await test_.close();
console.log(JSON.stringify({ state, result, rejections }));
