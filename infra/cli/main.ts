import { fileURLToPath } from 'node:url';
import { UsageError } from '../local/options.ts';
import { parseCommandLine, type CommandLine } from './command-line.ts';
import { allPages, csvOf } from './csv.ts';
import { writePage } from './page/write.ts';
import { render } from './render.ts';
import type { Target } from './target.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The exit code: 0 done, 1 refused or failed, 2 wrong command line. */
async function main(args: string[]): Promise<number> {
  const commandLine = parseCommandLine(args);
  if (typeof commandLine === 'string') {
    process.stdout.write(commandLine);
    return 0;
  }
  // The SDK takes a while to load, and help needs none of it.
  const { openTarget } = await import('./target.ts');
  const target = await openTarget(root, commandLine);
  try {
    process.stdout.write(await answer(commandLine, target));
  } finally {
    await target.close();
  }
  return 0;
}

async function answer({ event, csv, html, json }: CommandLine, target: Target): Promise<string> {
  if (csv) return csvOf(await allPages(event, target));
  const payload = await target.send(event);
  if (html !== undefined) {
    await writePage(html, payload);
    return `wrote ${html}\n`;
  }
  const { isTTY, columns } = process.stdout;
  const screen = { isTerminal: isTTY && !process.env['NO_COLOR'], columns: isTTY ? columns : 120 };
  return json ? `${payload}\n` : render(payload, screen);
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
