import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { root } from './support/local-app.ts';

const FOLDERS = ['infra', 'functions', 'orchestrator', 'bench', 'test'];

/** By file, the files of the project that it imports, also for types alone. */
type Imports = ReadonlyMap<string, string[]>;

function projectImports(): Imports {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[jt]s$/.test(name) && !name.includes('node_modules'))
      .map((name) => join(folder, name)),
  );
  return new Map(files.map((file) => [file, importsOf(file, readFileSync(join(root, file), 'utf8'))]));
}

function importsOf(file: string, text: string): string[] {
  // Among other things, this finds `import()` of a module and of a type.
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => join(dirname(file), fileName));
}

/** Groups of files that import each other, each group with one circle through its first file (Tarjan's algorithm). */
function circles(imports: Imports): string[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    path.push(file);
    for (const imported of imports.get(file) ?? []) {
      if (!order.has(imported)) visit(imported);
      if (path.includes(imported)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(imported)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = path.splice(path.indexOf(file));
    const importsItself = imports.get(file)?.includes(file) === true;
    if (group.length > 1 || importsItself) {
      found.push(`${group.length} files: ${shortestCircle(file, new Set(group), imports).join(' -> ')}`);
    }
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return found;
}

function shortestCircle(start: string, group: ReadonlySet<string>, imports: Imports): string[] {
  const seen = new Set<string>();
  const queue = [[start]];
  for (const path of queue) {
    for (const next of imports.get(path.at(-1)!) ?? []) {
      if (next === start) return [...path, start];
      if (!group.has(next) || seen.has(next)) continue;
      seen.add(next);
      queue.push([...path, next]);
    }
  }
  return [start];
}

test('imports are found in each form, also those of types', () => {
  const text = `
    import { a } from './a.ts';
    import type { B } from '../b.ts';
    export * from './c.ts';
    export type { D } from './d.ts';
    import './e.ts';
    const f = await import('./f.ts');
    type G = import('./g.ts').G;
    import zod from 'zod';
    // import './not-me.ts';
    const text = "import './nor-me.ts'";
  `;
  expect(importsOf('infra/x.ts', text)).toEqual([
    ...['infra/a.ts', 'b.ts', 'infra/c.ts', 'infra/d.ts', 'infra/e.ts', 'infra/f.ts', 'infra/g.ts'],
  ]);
});

test('circles are found, each once', () => {
  const imports = new Map([
    ['a', ['b', 'd']],
    ['b', ['c']],
    ['c', ['a', 'b']],
    ['d', ['e']],
    ['e', []],
    ['f', ['f']],
  ]);
  expect(circles(imports)).toEqual(['3 files: a -> b -> c -> a', '1 files: f -> f']);
});

test('every file that is imported exists', () => {
  const missing = [...projectImports()].flatMap(([file, imports]) =>
    imports.filter((imported) => !existsSync(join(root, imported))).map((each) => `${file} -> ${each}`),
  );
  expect(missing).toEqual([]);
});

test('there are no circles of imports', () => {
  const imports = projectImports();
  expect(imports.size).toBeGreaterThan(200);
  expect(circles(imports)).toEqual([]);
});
