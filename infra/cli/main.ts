import { fileURLToPath } from 'node:url';
import { UsageError } from '../local/options.ts';
import { parseCommandLine } from './command-line.ts';
import { writePage } from './page/write.ts';
import { render } from './render.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The exit code: 0 done, 1 refused or failed, 2 wrong command line. */
async function main(args: string[]): Promise<number> {
  const commandLine = parseCommandLine(args);
  if (typeof commandLine === 'string') {
    process.stdout.write(commandLine);
    return 0;
  }
  // The SDK takes a while to load, and help needs none of it.
  const { send } = await import('./target.ts');
  const payload = await send(root, commandLine);
  if (commandLine.html !== undefined) {
    await writePage(commandLine.html, payload);
    process.stdout.write(`wrote ${commandLine.html}\n`);
    return 0;
  }
  const { isTTY, columns } = process.stdout;
  const screen = { isTerminal: isTTY && !process.env['NO_COLOR'], columns: isTTY ? columns : 120 };
  process.stdout.write(commandLine.json ? `${payload}\n` : render(payload, screen));
  return 0;
}

/** By name, for loading the classes would load what the command may not need. */
const KNOWN_ERRORS = ['UsageError', 'InvocationError', 'StoreError', 'ConfigError'];

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = KNOWN_ERRORS.includes((error as Error).name);
    console.error(known ? (error as Error).message : error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
