import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectImports } from './support/imports.ts';
import { root } from './support/local-app.ts';

/** What a function takes, answers and stores, arithmetic without any state, and the halt, which both write. */
const SHARED = [
  'functions/contracts/',
  'functions/ledger/halt.ts',
  'functions/ledger/position.ts',
  'functions/shared/money.ts',
  'functions/shared/size.ts',
  'functions/shared/secrets/',
  'functions/strategies/',
];

/** The rooms, and what each may import in addition to itself. docs/architecture.md says what each holds. */
const ROOMS: Record<string, string[]> = {
  'functions/': [],
  'orchestrator/': SHARED,
  'orchestrator/durable/': [],
  'infra/': ['infra/', ...SHARED],
  'infra/config/': ['infra/schedule/', ...SHARED],
  'infra/schedule/': [],
  'infra/stack/': ['infra/config/', 'infra/schedule/'],
  'infra/local/mongodb/': [],
};

/** The way of an event through the orchestrator: a room imports itself and those after it. */
const WAY = [
  'handler.ts',
  'clients.ts',
  'commands.ts',
  'connection.ts',
  'trading/',
  'protocol/',
  'tick/',
  'registry.ts',
  'workflows/',
  'actions/',
  'fields.ts',
  'config.ts',
  'durable/',
];

const imports = projectImports(['infra', 'functions', 'orchestrator']);
const isBelow = (path: string) => (room: string) => path.startsWith(room);
const roomOf = (path: string) =>
  Object.keys(ROOMS)
    .filter(isBelow(path))
    .sort((one, other) => other.length - one.length)[0]!;

describe('who may import whom', () => {
  test('the test sees the imports', () => {
    expect(imports.length).toBeGreaterThan(300);
  });

  test.each(Object.entries(ROOMS))('%s imports only what it may', (room, allowed) => {
    const strays = imports.filter(
      ({ from, to }) => roomOf(from) === room && ![room, ...allowed].some(isBelow(to)),
    );
    expect(strays).toEqual([]);
  });

  test('nothing but infra/ imports infra/', () => {
    expect(imports.filter(({ from, to }) => to.startsWith('infra/') && !from.startsWith('infra/'))).toEqual(
      [],
    );
  });

  test('each file of the orchestrator is on the way of an event', () => {
    const entries = readdirSync(join(root, 'orchestrator'), { withFileTypes: true });
    const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    expect(names.sort()).toEqual(WAY.toSorted());
  });

  test('an event goes forward through the orchestrator, from the handler to the durable layer', () => {
    const placeOf = (path: string) => WAY.findIndex(isBelow(path.slice('orchestrator/'.length)));
    const backward = imports.filter(
      ({ from, to }) =>
        from.startsWith('orchestrator/') && to.startsWith('orchestrator/') && placeOf(to) < placeOf(from),
    );
    expect(backward).toEqual([]);
  });
});
