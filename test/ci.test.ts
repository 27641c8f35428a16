import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './support/local-app.ts';
import { templateWith } from './support/stack-template.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const workflows = readdirSync(join(root, '.github', 'workflows')).map((name) =>
  read(`.github/workflows/${name}`),
);

test("CI's actions are pinned by the hash of a commit, with its version in a comment", () => {
  const uses = workflows.flatMap((text) => [...text.matchAll(/uses: (.*)/g)].map(([, action]) => action!));
  expect(uses.length).toBeGreaterThan(0);
  expect(uses.filter((action) => !/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
});

test('CI runs on the oldest Node that is taken, on 22, and on that of the functions, which .nvmrc names', () => {
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
  const oldest = /^>=(\d+\.\d+)\.\d+$/.exec(engines.node)?.[1];
  const deployed = read('.nvmrc').trim();
  const matrix = workflows.flatMap((text) => [...text.matchAll(/node: \[(.*)\]/g)].map(([, list]) => list));
  expect(matrix).toEqual([`'${oldest}', '22', '${deployed}'`]);
  templateWith().allResourcesProperties('AWS::Lambda::Function', { Runtime: `nodejs${deployed}.x` });
});
