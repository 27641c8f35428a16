import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Display } from './display.ts';
import type { LocalApp } from './local-app.ts';
import { mergeReports, parseReport, type Report } from './report.ts';
import type { Options } from './start-options.ts';

/** What a schedule's event says of the symbols. */
const tickSymbols = z.object({ symbols: z.array(z.string()).optional(), shard: z.unknown().optional() });

/** Longer than any lease: whoever holds a run of this tick has given it back by then, or died. */
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
    // One shard that failed leaves the others alone.
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

/** What the schedules say of their symbols; a shard without any has nothing to be run. */
function scheduledShards({ schedule }: LocalApp) {
  return schedule.inputs
    .map((input) => tickSymbols.parse(JSON.parse(input)))
    .filter((shard) => shard.symbols?.length !== 0);
}

/** The reply once no run is held elsewhere, and none waits for time alone. */
async function runToEnd(app: LocalApp, event: object): Promise<string | undefined> {
  let payload = await invoke(app, event);
  const giveUpAt = Date.now() + WAIT_FOR_HOLDER_MS;
  let told = false;
  while (payload !== undefined && isUnfinished(parseReport(payload)) && Date.now() < giveUpAt) {
    if (!told && isHeld(parseReport(payload)))
      process.stderr.write(
        'Another orchestrator holds the run; waiting for it, or for the end of its lease.\n',
      );
    told = true;
    await sleep(POLL_MS);
    payload = await invoke(app, event);
  }
  return payload;
}

/** The orchestrator's reply as it came; undefined, with one line on stderr, where it failed. */
export async function invoke(app: LocalApp, event: unknown): Promise<string | undefined> {
  const result = await app.invoke(app.orchestrator, event);
  if ('payload' in result) return result.payload;
  process.stderr.write(`${result.error.errorType}: ${result.error.errorMessage}\n`);
  return undefined;
}

/** Whether there is something that goes on at once when it is asked for again. */
function isUnfinished(report: Report): boolean {
  const now = new Date().toISOString();
  return (
    isHeld(report) ||
    report.runs.some(({ waits }) => waits.length > 0 && waits.every(({ due }) => due <= now))
  );
}

/** Whether a run is under way elsewhere; one that waits for something was put down. */
function isHeld({ runs }: Report): boolean {
  return runs.some(({ state, waits }) => state === 'IN_PROGRESS' && waits.length === 0);
}
