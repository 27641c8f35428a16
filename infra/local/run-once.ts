import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Display } from './display.ts';
import type { LocalApp } from './local-app.ts';
import { mergeReports, parseReport, type Report } from './report.ts';
import type { Options } from './start-options.ts';

/** The symbols in the event of a schedule. */
const tickSymbols = z.object({ symbols: z.array(z.string()).optional(), shard: z.unknown().optional() });

/** Longer than any lease: a holder of a run of this tick has released it by then, or died. */
const WAIT_FOR_HOLDER_MS = 90_000;
const POLL_MS = 1_000;

/** Runs one tick, shard by shard, and shows it; answers the exit code. */
export async function runOnce(app: LocalApp, options: Options, display: Display): Promise<number> {
  const idempotencyKey = options.key ?? new Date().toISOString();
  display.startTick(options.json ? undefined : `tick ${idempotencyKey}`);

  const { symbols } = options;
  const shards = symbols ? [{ symbols }] : scheduledShards(app);
  const payloads: string[] = [];
  for (const shard of shards) {
    const payload = await runToEnd(app, { command: 'run', idempotencyKey, ...shard });
    // A shard that failed does not stop the others.
    if (payload !== undefined) payloads.push(payload);
  }
  if (payloads.length === 0) return 1;
  const merged = mergeReports(payloads);
  const report = parseReport(merged);
  if (options.json) process.stdout.write(`${merged}\n`);
  else display.showReport(report);
  if (app.nodeNote !== undefined && display.isTerminal) display.print(`Node: ${app.nodeNote}`);
  const { failed, inProgress } = report.counts;
  return failed === 0 && inProgress === 0 && payloads.length === shards.length ? 0 : 1;
}

/** The symbols of each schedule; a shard without any has nothing to run. */
function scheduledShards({ schedule }: LocalApp) {
  return schedule.inputs
    .map((input) => tickSymbols.parse(JSON.parse(input)))
    .filter((shard) => shard.symbols?.length !== 0);
}

/** The answer once no other orchestrator holds a run, and no wait is due. */
async function runToEnd(app: LocalApp, event: object): Promise<string | undefined> {
  let payload = await invoke(app, event);
  const giveUpAt = Date.now() + WAIT_FOR_HOLDER_MS;
  let isSaid = false;
  while (payload !== undefined && isUnfinished(parseReport(payload)) && Date.now() < giveUpAt) {
    if (!isSaid && isHeld(parseReport(payload)))
      process.stderr.write(
        'Another orchestrator holds the run; waiting for it, or for the end of its lease.\n',
      );
    isSaid = true;
    await sleep(POLL_MS);
    payload = await invoke(app, event);
  }
  return payload;
}

/** The orchestrator's answer as it came; if it failed, undefined and one line on stderr. */
export async function invoke(app: LocalApp, event: unknown): Promise<string | undefined> {
  const result = await app.invoke(app.orchestrator, event);
  if ('payload' in result) return result.payload;
  process.stderr.write(`${result.error.errorType}: ${result.error.errorMessage}\n`);
  return undefined;
}

/** Whether a further request would advance a run at once. */
function isUnfinished(report: Report): boolean {
  const now = new Date().toISOString();
  return (
    isHeld(report) ||
    report.runs.some(({ waits }) => waits.length > 0 && waits.every(({ due }) => due <= now))
  );
}

/** Whether another orchestrator holds a run; a run that waits is suspended. */
function isHeld({ runs }: Report): boolean {
  return runs.some(({ state, waits }) => state === 'IN_PROGRESS' && waits.length === 0);
}
