import { build } from 'esbuild';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('..', import.meta.url));
// Below both folders of packages, so that a compiled script finds those of the bench and those of the product.
const outdir = `${bench}node_modules/.compiled`;
const made = new Map<string, Promise<string>>();

/** The script as JavaScript: compiled once, where each process would spend a second or two on it. */
export function compiled(script: URL): Promise<string> {
  const path = fileURLToPath(script);
  const name = relative(bench, path).replace(/\.ts$/, '');
  let file = made.get(name);
  if (!file) {
    file = build({
      entryPoints: { [name]: path },
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      keepNames: true,
      logLevel: 'error',
    }).then(() => `${outdir}/${name}.mjs`);
    made.set(name, file);
  }
  return file;
}
