import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import * as z from 'zod';
import { configuration, parseConfig } from '../../infra/config/config.ts';
import { key, takesOf, variablesOf } from '../../infra/config/key.ts';
import { orchestratorKeys } from '../../infra/config/orchestrator.ts';
import { wholeNumber } from '../../infra/config/values.ts';
import { configurationTable } from '../support/configuration-table.ts';
import { root } from '../support/local-app.ts';
import { cdkContext } from '../support/stack-template.ts';

const path = join(root, 'docs', 'configuration.md');
const START = '<!-- From the declarations: UPDATE_DOCS=1 npm test -- config-keys -->';
const END = '<!-- end of keys -->';

test('docs/configuration.md has the keys that are declared', async () => {
  const page = readFileSync(path, 'utf8');
  const [head, rest = ''] = page.split(START);
  const expected = await format(`${head}${START}\n\n${configurationTable()}\n\n${END}${rest.split(END)[1]}`, {
    ...(await resolveConfig(path)),
    parser: 'markdown',
  });
  if (process.env['UPDATE_DOCS']) writeFileSync(path, expected);
  expect(readFileSync(path, 'utf8')).toBe(expected);
});

describe('a new key', () => {
  const declaration = key(wholeNumber('orders', 1, 10).default(3), {
    does: 'the most orders of a tick',
    variable: 'MAX_ORDERS',
  });
  const keys = { ...configuration.shape, maxOrders: declaration };

  test('has its row in the table by its declaration alone', () => {
    expect(configurationTable(keys)).toContain(
      '| `maxOrders` | a whole number of orders from 1 to 10 | `3` | the most orders of a tick |',
    );
  });

  test('reaches the orchestrator by its declaration alone', () => {
    const parsed = z.object(keys).parse({ ...cdkContext, maxOrders: '4' });
    expect(variablesOf({ ...orchestratorKeys, maxOrders: declaration }, parsed)).toEqual({
      ...parseConfig(cdkContext).orchestratorVariables,
      MAX_ORDERS: '4',
    });
  });
});

test('an error says what a key takes in the words of the table', () => {
  for (const [name, schema] of Object.entries(configuration.shape)) {
    expect(() => parseConfig({ ...cdkContext, [name]: {} })).toThrow(`expected ${takesOf(schema)}`);
  }
});
