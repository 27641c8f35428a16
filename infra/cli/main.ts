import { fileURLToPath } from 'node:url';
import { runMain } from '../local/run-main.ts';
import { parseCommandLine } from './command-line.ts';
import type { Target } from './target.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The exit code: 0 done, 1 refused or failed, 2 wrong command line. */
async function main(args: string[]): Promise<number> {
  const commandLine = parseCommandLine(args);
  if (typeof commandLine === 'string') {
    process.stdout.write(commandLine);
    return 0;
  }
  process.once('SIGINT', stop);
  const { work, ...where } = commandLine;
  let target: Promise<Target> | undefined;
  // The SDK takes a while to load, and not every command needs it.
  const open = () => (target ??= import('./target.ts').then(({ openTarget }) => openTarget(root, where)));
  try {
    const { output, problem } = await work(open);
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

/** The code is the shell's for Ctrl-C. */
function stop(): void {
  process.stderr.write('Stopped. What was sent before goes on; see npm run trader -- list\n');
  process.exit(130);
}

runMain(main);
