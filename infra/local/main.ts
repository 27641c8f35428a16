import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { brokerKeysOf } from './broker-keys.ts';
import { dataFolder, dataOption, fromHere } from './data-folder.ts';
import { Display } from './display.ts';
import { startLocalApp } from './local-app.ts';
import { runMain } from './run-main.ts';
import { runOnce } from './run-once.ts';
import { readOptions, type Options } from './start-options.ts';
import { watch } from './watch.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The exit code: 0 if every run succeeded, 1 if one failed or is unfinished, 2 for a wrong command line. */
async function main(args: string[]): Promise<number> {
  const options = await readOptions(args);
  if (!options) return 0;
  const display = new Display(options.json ? process.stderr : process.stdout, dataOption(options.data));
  const dataDir = dataFolder(root, options.data);
  const app = await startLocalApp({
    root,
    assemblyDir: join(root, '.local', 'assembly'),
    dataDir,
    mongodbUri: process.env['MONGODB_URI'] || undefined,
    brokerKeys: brokerKeysOf(process.env),
    fresh: options.fresh,
    context: options.context && fileFromHere(options.context),
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

/** A file of the command line is relative to the folder of the user; one of cdk.json is relative to the project. */
function fileFromHere({ symbolsFile, ...context }: Record<string, string>): Record<string, string> {
  return symbolsFile === undefined ? context : { ...context, symbolsFile: fromHere(symbolsFile) };
}

/**
 * With --json the logs go to stderr as they are. Otherwise the lines about runs are shown, and warnings and errors go to
 * stderr.
 */
function logSink({ json }: Options, display: Display) {
  return (_functionName: string, line: string) => {
    const isShown = !json && (display.takeLog(line) || /"level":"INFO"|"CloudWatchMetrics":/.test(line));
    if (!isShown) process.stderr.write(`${line}\n`);
  };
}

runMain(main);
