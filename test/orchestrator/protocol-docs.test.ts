import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from '../support/local-app.ts';
import { protocolTables } from '../support/protocol-tables.ts';

const path = join(root, 'docs', 'invoke.md');
const START = '<!-- From the schemas: UPDATE_DOCS=1 npm test -- protocol-docs -->';

test('docs/invoke.md has the commands and answers that the schemas have', async () => {
  const [head] = readFileSync(path, 'utf8').split(START);
  const expected = await format(`${head}${START}\n\n${protocolTables()}\n`, {
    ...(await resolveConfig(path)),
    parser: 'markdown',
  });
  if (process.env['UPDATE_DOCS']) writeFileSync(path, expected);
  expect(readFileSync(path, 'utf8')).toBe(expected);
});
