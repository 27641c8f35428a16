import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from '../support/local-app.ts';
import { modelTables } from './model-tables.ts';
import { findMutants, MUTANTS } from './mutants/mutants.ts';
import { courseOf, simulate } from './simulate.ts';
import { applied } from './workers.ts';

const SEED = 20;
const SCHEDULES = 200;
const ORDER_SCHEDULES = 60;

test('every rule holds in a fixed set of schedules, and the same seed gives the same course', async () => {
  const { figures, findings } = await simulate('runs', SEED, SCHEDULES, 2);
  expect(findings).toEqual([]);
  expect(figures.schedules).toBe(SCHEDULES);
  const again = await simulate('runs', SEED, SCHEDULES, 1);
  expect(again.figures.digest).toBe(figures.digest);
  expect((await simulate('runs', SEED + 1, 50, 1)).figures.digest).not.toBe(figures.digest);
});

test('every rule of orders holds in a fixed set of schedules, and the same seed gives the same course', async () => {
  const { figures, findings } = await simulate('market', SEED, ORDER_SCHEDULES, 2);
  expect(findings).toEqual([]);
  const again = await simulate('market', SEED, ORDER_SCHEDULES, 1);
  expect(again.figures.digest).toBe(figures.digest);
});

test('the course of a schedule can be read', async () => {
  const course = await courseOf('runs', SEED, 0);
  expect(course[0]).toMatch(/^0\.000 programs /);
  expect(course.join('\n')).toMatch(/ run t0\/A created$/m);
});

test('deliberate faults are found', async () => {
  const names = ['fence-without-holder', 'effect-before-flush', 'lost-wake-up'];
  const print = () => undefined;
  expect(await findMutants('runs', names, 1, print, 300)).toEqual({ mutants: 3, found: 3, missed: [] });
  const ofOrders = ['part-counted-as-all', 'sells-what-is-asked', 'version-ignored'];
  expect(await findMutants('market', ofOrders, 1, print, 100)).toMatchObject({ mutants: 3, found: 3 });
});

test('each deliberate fault fits the code, and says which rule it breaks', () => {
  expect(MUTANTS.runs.length).toBeGreaterThanOrEqual(30);
  expect(MUTANTS.market.length).toBeGreaterThanOrEqual(20);
  for (const mutant of Object.values(MUTANTS).flat()) {
    const text = readFileSync(join(root, mutant.file), 'utf8');
    expect({ name: mutant.name, isChanged: applied(mutant, text) !== text }).toMatchObject({
      isChanged: true,
    });
    expect(mutant.breaks).toMatch(/^[a-z ]+: /);
  }
});

test('docs/model.md shows the model that the simulator uses', async () => {
  const path = join(root, 'docs', 'model.md');
  const START = '<!-- From the model: UPDATE_DOCS=1 npm test -- simulator -->';
  const [head] = readFileSync(path, 'utf8').split(START);
  const options = { ...(await resolveConfig(path)), parser: 'markdown' };
  const expected = await format(`${head}${START}\n\n${modelTables()}\n`, options);
  if (process.env['UPDATE_DOCS']) writeFileSync(path, expected);
  expect(readFileSync(path, 'utf8')).toBe(expected);
});
