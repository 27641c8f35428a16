import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fileProblem } from './file-problem.ts';
import { startStore, StoreError } from './server.ts';

const HELP = `Usage: npm run store -- [--port PORT] [--data DIR]

Serves the embedded MongoDB-compatible store on this machine until Ctrl-C.

  --port PORT   TCP port on 127.0.0.1 (default 27017; 0 takes a free one)
  --data DIR    folder that holds the data (default .local/store)
  --help        this text
`;

const DEFAULT_DATA = fileURLToPath(new URL('../../../.local/store', import.meta.url));

class UsageError extends Error {}

function parse(args: string[]): { port: number; data: string; help: boolean } {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        port: { type: 'string', default: '27017' },
        data: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535) {
    throw new UsageError(`--port takes a number from 0 to 65535, not '${values.port}'`);
  }
  // npm runs a script in the project's folder, and INIT_CWD is the folder where the person called it.
  const here = process.env['INIT_CWD'] || process.cwd();
  const data = values.data === undefined ? DEFAULT_DATA : resolve(here, values.data);
  return { port, data, help: values.help };
}

async function main(): Promise<void> {
  const { port, data, help } = parse(process.argv.slice(2));
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const store = await startStore({ port, dataDir: data });
  process.stdout.write(`${store.uri}\n`);
  process.stdout.write('For one machine and for tests: no access control, no replication. Ctrl-C ends it.\n');
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await store.close();
}

// The reader of the URI may close its end (EPIPE). Other failures to write can only show in the exit code.
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
