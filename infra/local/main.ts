import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { ConfigError } from '../config/config.ts';
import { brokerKeysOf } from './broker-keys.ts';
import { Display } from './display.ts';
import { startLocalApp } from './local-app.ts';
import { StoreError } from './mongodb/server.ts';
import { parseOptions, usage, UsageError, type Options } from './options.ts';
import { runOnce } from './run-once.ts';
import { watch } from './watch.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The exit code: 0 where every run succeeded, 1 where one failed or is unfinished, 2 for a wrong command line. */
async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const display = new Display(options.json ? process.stderr : process.stdout);
  const dataDir = options.data ?? join(root, '.local', 'data');
  const app = await startLocalApp({
    root,
    assemblyDir: join(root, '.local', 'assembly'),
    dataDir,
    mongodbUri: process.env['MONGODB_URI'] || undefined,
    brokerKeys: brokerKeysOf(process.env),
    fresh: options.fresh,
    context: options.context,
    onMessage: ({ subject, text }) =>
      process.stderr.write(`message: ${subject}\n${text.replace(/^/gm, '  ')}\n`),
    onLog: logSink(options, display),
  });
  try {
    return options.watch ? await watch(app, dataDir, display) : await runOnce(app, options, display);
  } finally {
    await app.close();
  }
}

/**
 * With --json the logs go to stderr as they are; otherwise what they tell of runs is shown, and what is neither
 * information nor a metric as it is.
 */
function logSink({ json }: Options, display: Display) {
  return (_functionName: string, line: string) => {
    const isShown = !json && (display.takeLog(line) || /"level":"INFO"|"CloudWatchMetrics":/.test(line));
    if (!isShown) process.stderr.write(`${line}\n`);
  };
}

const KNOWN_ERRORS = [UsageError, StoreError, ConfigError];

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = KNOWN_ERRORS.some((type) => error instanceof type);
    console.error(known ? (error as Error).message : error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
