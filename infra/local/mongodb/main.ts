import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { inOneLine, refusalOfLogin } from './argument.ts';
import { fileProblem } from './file-problem.ts';
import { startStore, StoreError } from './server.ts';

const DEFAULT_DATA = fileURLToPath(new URL('../../../.local/store', import.meta.url));

class UsageError extends Error {}

const program = new Command('npm run store --')
  .description('Serves the embedded MongoDB-compatible store on this machine until Ctrl-C.')
  .option('--port <port>', 'TCP port on 127.0.0.1; 0 takes a free one', toPort, 27017)
  .option('--data <folder>', 'folder that holds the data; if omitted, .local/store')
  .configureOutput({ writeErr: () => undefined })
  .exitOverride(({ exitCode, message }) => {
    if (exitCode === 0) process.exit(0);
    throw new UsageError(inOneLine(message, 'npm run store --'));
  });
const given = new Set<string>();
for (const { long } of program.options) {
  program.on(`option:${long!.slice(2)}`, (value: string) => {
    if (value === '' || value.startsWith('--') || given.has(long!)) {
      throw new UsageError(`${long} takes one value; give it once.`);
    }
    const refusal = refusalOfLogin(value);
    if (refusal !== undefined) throw new UsageError(refusal);
    given.add(long!);
  });
}

function toPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new InvalidArgumentError('It is not a number from 0 to 65535.');
}

async function main(): Promise<void> {
  // npm takes the first "--" away, other runners of scripts pass it on.
  const args = process.argv.slice(process.argv[2] === '--' ? 3 : 2);
  const { port, data } = program.parse(args, { from: 'user' }).opts();
  // npm runs a script in the project's folder, and sets INIT_CWD to the folder of the caller.
  const here = process.env['INIT_CWD'] || process.cwd();
  const dataDir = data === undefined ? DEFAULT_DATA : resolve(here, data);
  const store = await startStore({ port, dataDir });
  process.stdout.write(`${store.uri}\n`);
  process.stdout.write(
    'For one machine and for tests: no access control, no replication. Ctrl-C stops it.\n',
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await store.close();
}

// A reader of the URI may close its end.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') process.exitCode = 1;
});
try {
  await main();
} catch (error) {
  const problem = fileProblem(error);
  const isKnown = error instanceof StoreError || error instanceof UsageError;
  if (!isKnown && problem === undefined) throw error;
  process.stderr.write(`${isKnown ? error.message : problem}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
