import { fileURLToPath } from 'node:url';
import { UsageError } from '../local/options.ts';
import { IncompleteError } from './command.ts';
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
  const { work, ...where } = commandLine;
  let target: Promise<Target> | undefined;
  // The SDK takes a while to load, and not every command needs it.
  const open = () => (target ??= import('./target.ts').then(({ openTarget }) => openTarget(root, where)));
  try {
    process.stdout.write(await work(open));
  } finally {
    await target?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }
  return 0;
}

/** By name, for loading the classes would load what the command may not need. */
const KNOWN_ERRORS = [
  'UsageError',
  'InvocationError',
  'DeploymentError',
  'IncompleteError',
  'StoreError',
  'ConfigError',
];

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (error instanceof IncompleteError) process.stdout.write(error.output);
    const known = KNOWN_ERRORS.includes((error as Error).name);
    console.error(known ? (error as Error).message : error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
