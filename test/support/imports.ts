import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { root } from './local-app.ts';

/** One file that imports another; both paths are from the project's root. */
export interface Import {
  from: string;
  to: string;
}

/** Every import of one file of the project by another: values, types, re-exports and `import()`. */
export function projectImports(folders: string[]): Import[] {
  return folders.flatMap(sourceFiles).flatMap((from) => {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(root, from), 'utf8'));
    return importedFiles
      .filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => ({ from, to: relative(root, join(root, dirname(from), fileName)) }));
  });
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[tj]s$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name));
}
