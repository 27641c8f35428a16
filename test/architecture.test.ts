import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './support/local-app.ts';

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

/** Every import of a file of the project, with both paths from the project's root. */
function projectImports(): Import[] {
  const files = ['infra', 'functions', 'orchestrator'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[tj]s$/.test(name))
      .map((name) => join(folder, name)),
  );
  return files.flatMap((from) =>
    [
      ...readFileSync(join(root, from), 'utf8').matchAll(
        /(import|export)(\s+type)?[^;]*?['"](\.[^'"]+)['"]/g,
      ),
    ].map(([, , type, target]) => ({
      from,
      to: relative(root, join(root, dirname(from), target!)),
      typeOnly: type !== undefined,
    })),
  );
}

/** The imports from one folder that lead out of the places it may import from. */
function strays(from: string, allowed: string[]): string[] {
  return projectImports()
    .filter((found) => found.from.startsWith(from) && !allowed.some((place) => found.to.startsWith(place)))
    .map((found) => `${found.from} -> ${found.to}`);
}

/** What a function takes, answers and stores, and arithmetic without any state: both sides compute with it. */
const SHARED = [
  'functions/contracts/',
  'functions/ledger/position.ts',
  'functions/shared/money.ts',
  'functions/shared/secrets/',
  'functions/strategies/',
];

/** What keeps secrets in is the same on both sides of an invocation, and belongs to no room of the orchestrator's. */
const SECRETS = 'functions/shared/secrets/';

describe('who may import whom', () => {
  test('the test sees the imports', () => {
    expect(projectImports().length).toBeGreaterThan(50);
  });

  test('functions/ imports nothing outside itself', () => {
    expect(strays('functions/', ['functions/'])).toEqual([]);
  });

  test('orchestrator/ imports of functions/ what is shared alone, in actions, workflows and the ledger alone', () => {
    expect(strays('orchestrator/', ['orchestrator/', ...SHARED])).toEqual([]);
    const users = projectImports().filter(
      ({ from, to }) => from.startsWith('orchestrator/') && to.startsWith('functions/'),
    );
    const values = users.filter(
      ({ from, to, typeOnly }) =>
        !typeOnly &&
        !to.startsWith(SECRETS) &&
        !from.startsWith('orchestrator/actions/') &&
        from !== 'orchestrator/ledger.ts',
    );
    expect(values).toEqual([]);
  });

  test('orchestrator/durable/ knows nothing of trading', () => {
    expect(strays('orchestrator/durable/', ['orchestrator/durable/'])).toEqual([]);
  });

  test('infra/ names entry files by path and imports none of them; nothing imports infra/', () => {
    // What a symbol and a price are is the contracts' to say; the configuration checks its values by them.
    expect(strays('infra/', ['infra/', ...SHARED])).toEqual([]);
    expect(
      projectImports().filter(({ from, to }) => to.startsWith('infra/') && !from.startsWith('infra/')),
    ).toEqual([]);
  });

  test('the embedded store knows nothing of the project', () => {
    expect(strays('infra/local/mongodb/', ['infra/local/mongodb/'])).toEqual([]);
  });
});
