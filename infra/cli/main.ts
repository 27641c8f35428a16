import { fileURLToPath } from 'node:url';
import { readCommandLine } from '../local/options.ts';
import { runMain } from '../local/run-main.ts';
import type { Context, Work } from './command.ts';
import { traderProgram } from './program.ts';
import type { Target } from './target.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Returns the exit code: 0 done, 1 refused or failed, 2 wrong command line. */
async function main(args: string[]): Promise<number> {
  let code = 0;
  const program = traderProgram(async (work, given) => {
    code = await print(work, given);
  });
  await readCommandLine(program, args.length === 0 ? ['--help'] : args);
  return code;
}

async function print(work: Work, given: Omit<Context, 'open'>): Promise<number> {
  process.once('SIGINT', stop);
  let target: Promise<Target> | undefined;
  // Loading the SDK takes a while, and not every command needs it.
  const open = () =>
    (target ??= import('./target.ts').then(({ openTarget }) => openTarget(root, given.where)));
  try {
    const { output, problem } = await work({ ...given, open });
    process.stdout.write(output);
    if (problem === undefined) return 0;
    process.stderr.write(`${problem}\n`);
    return 1;
  } finally {
    await target?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }
}

/** Exits with the shell's code for Ctrl-C. */
function stop(): void {
  process.stderr.write(
    'Stopped. Events that were already sent are still processed. See npm run trader -- list\n',
  );
  process.exit(130);
}

runMain(main);
