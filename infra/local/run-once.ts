import { setTimeout as sleep } from 'node:timers/promises';
import type { Display } from './display.ts';
import type { LocalApp } from './local-app.ts';
import type { Options } from './options.ts';
import { parseReport, type Report } from './report.ts';

/** Longer than any lease: whoever holds a run of this tick has given it back by then, or died. */
const WAIT_FOR_HOLDER_MS = 90_000;
const POLL_MS = 1_000;

/** Runs one tick and shows it; answers the exit code. */
export async function runOnce(app: LocalApp, options: Options, display: Display): Promise<number> {
  const key = options.key ?? new Date().toISOString();
  const event = { command: 'run', idempotencyKey: key, ...(options.symbols && { symbols: options.symbols }) };
  if (!options.json) display.print(`tick ${key}`);

  let payload = await invoke(app, event);
  const giveUpAt = Date.now() + WAIT_FOR_HOLDER_MS;
  let told = false;
  while (payload !== undefined && isHeld(parseReport(payload)) && Date.now() < giveUpAt) {
    if (!told)
      process.stderr.write(
        'Another orchestrator holds the run; waiting for it, or for the end of its lease.\n',
      );
    told = true;
    await sleep(POLL_MS);
    payload = await invoke(app, event);
  }
  if (payload === undefined) return 1;

  const report = parseReport(payload);
  if (options.json) process.stdout.write(`${payload}\n`);
  else display.showReport(report);
  return report.runs.every(({ state }) => state === 'SUCCESS') ? 0 : 1;
}

/** The orchestrator's reply as it came; undefined, with one line on stderr, where it failed. */
export async function invoke(app: LocalApp, event: unknown): Promise<string | undefined> {
  const result = await app.invoke(app.orchestrator, event);
  if ('payload' in result) return result.payload;
  process.stderr.write(`${result.error.errorType}: ${result.error.errorMessage}\n`);
  return undefined;
}

/** Whether a run is under way elsewhere; one that waits for something was put down. */
function isHeld({ runs }: Report): boolean {
  return runs.some(({ state, waits }) => state === 'IN_PROGRESS' && waits.length === 0);
}
