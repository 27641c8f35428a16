import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { root } from '../support/local-app.ts';
import type { Answer, Order } from './worker.ts';

/** A change of one source file, by the text that it replaces. */
export interface Patch {
  file: string;
  search: string;
  replace: string;
}

/** The simulator with the code that it plays, bundled into a temporary folder, so that a patch touches no source. */
export class Simulator {
  private constructor(
    readonly path: string,
    private readonly folder: string,
  ) {}

  static async of(patch?: Patch): Promise<Simulator> {
    // Below the project, where its packages are found.
    mkdirSync(join(root, '.local'), { recursive: true });
    const folder = mkdtempSync(join(root, '.local', 'simulator-'));
    const outfile = join(folder, 'worker.mjs');
    let isApplied = patch === undefined;
    await build({
      entryPoints: [join(root, 'test/simulator/worker.ts')],
      ...{ outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external', keepNames: true },
      plugins: [
        {
          name: 'patch',
          setup: (setup) =>
            setup.onLoad({ filter: /\/(orchestrator|functions)\/.*\.ts$/ }, ({ path }) => {
              if (!patch || relative(root, path) !== patch.file) return undefined;
              isApplied = true;
              return { contents: applied(patch, readFileSync(path, 'utf8')), loader: 'ts' };
            }),
        },
      ],
    }).catch((error: unknown) => {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    });
    if (!isApplied) throw new Error(`${patch!.file} is not part of the simulation.`);
    return new Simulator(outfile, folder);
  }

  worker(): Worker {
    return new Worker(this.path);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function applied({ file, search, replace }: Patch, text: string): string {
  const places = text.split(search).length - 1;
  if (places !== 1) throw new Error(`${file} has ${places} places like: ${search}`);
  return text.replace(search, () => replace);
}

/** A process that plays schedules, one order at a time. */
export class Worker {
  readonly #child: ChildProcess;

  constructor(path: string) {
    this.#child = fork(path, { execArgv: [] });
  }

  /** Rejects if the process ends, or gives no answer in time: then it hangs. */
  order(order: Order, limitMs: number): Promise<Answer> {
    return new Promise((resolve) => {
      const end = (answer: Answer) => {
        clearTimeout(timer);
        this.#child.removeAllListeners();
        resolve(answer);
      };
      const timer = setTimeout(() => end({ problem: `no answer within ${limitMs / 1_000} s` }), limitMs);
      this.#child.once('message', end);
      this.#child.once('exit', (code) => end({ problem: `the process ended with ${code}` }));
      this.#child.send(order);
    });
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
