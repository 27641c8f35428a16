import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodeOf } from '../../../infra/local/lambda/deployed-node.ts';
import { readStack } from '../../../infra/local/template.ts';
import { synthesize } from '../../../infra/local/synthesize.ts';
import { assemblyDir, root, temporaryFolder } from '../../support/local-app.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const here = (node: string) => ({
  env: { HOME: folder.path },
  versions: { ...process.versions, node },
  execPath: '/own/node',
});

test('the deployed Node is this one if it has that version', () => {
  expect(nodeOf('nodejs24.x', here('24.3.0'))).toEqual({ path: '/own/node', note: undefined });
});

test('it is the newest that a manager of versions has', () => {
  const versions = join(folder.path, '.nvm', 'versions', 'node');
  for (const name of ['v20.1.0', 'v24.9.0', 'v24.10.1', 'v240.0.0'])
    mkdirSync(join(versions, name), { recursive: true });
  const { path, note } = nodeOf('nodejs24.x', here('20.19.0'));
  expect(path).toBe(join(versions, 'v24.10.1', 'bin', 'node'));
  expect(note).toBeUndefined();
});

test('if it is not installed, a note says so', () => {
  expect(nodeOf('nodejs24.x', here('20.19.0'))).toEqual({
    path: '/own/node',
    note: 'functions run on Node 20.19.0 here, and on 24 when deployed; to run them on 24, install it: nvm install 24',
  });
});

test('the template says which it is, one for all functions', async () => {
  const { functions } = readStack(await synthesize(root, assemblyDir));
  expect(new Set(functions.map(({ runtime }) => runtime))).toEqual(new Set(['nodejs24.x']));
});
