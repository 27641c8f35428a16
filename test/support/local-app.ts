import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalApp, type LocalApp, type LocalAppOptions } from '../../infra/local/local-app.ts';
import type { InvocationResult } from '../../infra/local/lambda/execution-environment.ts';

export const ORCHESTRATOR = 'OrbitsTrader-orchestrator';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const assemblyDir = join(root, '.local', 'assembly');

/** A folder of its own for whoever asks, and the function that removes it. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'orbits-trader-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The synthesized app with a store of its own; `close` leaves nothing behind. */
export async function startTestApp(
  options: Partial<LocalAppOptions> = {},
): Promise<LocalApp & { logs: string[] }> {
  const folder = temporaryFolder();
  const logs: string[] = [];
  const app = await startLocalApp({
    root,
    assemblyDir,
    dataDir: folder.path,
    onLog: (_name, line) => logs.push(line),
    ...options,
    // The tests' ticks are of times whose prices are known, long ago.
    overrides: {
      ...options.overrides,
      [ORCHESTRATOR]: { MAX_TICK_AGE_MINUTES: '10000000', ...options.overrides?.[ORCHESTRATOR] },
    },
  });
  const close = async () => {
    await app.close();
    folder.remove();
  };
  return { ...app, logs, close };
}

/** The answer of an invocation that succeeded. */
export function answerOf<T>(result: InvocationResult): T {
  if ('error' in result) throw new Error(`${result.error.errorType}: ${result.error.errorMessage}`);
  return JSON.parse(result.payload) as T;
}

/** The error of an invocation that failed. */
export function errorOf(result: InvocationResult): { errorType: string; errorMessage: string } {
  if ('payload' in result) throw new Error(`expected a FunctionError, got ${result.payload}`);
  return result.error;
}
