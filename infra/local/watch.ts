import { setTimeout as sleep } from 'node:timers/promises';
import type { Display } from './display.ts';
import { Live } from './live.ts';
import { removeEndpoint, writeEndpoint } from './endpoint-file.ts';
import { invokeCommand } from './lambda/command-line.ts';
import type { LocalApp } from './local-app.ts';
import { nextTick } from '../schedule/next-tick.ts';
import { parseReport } from './report.ts';
import { invoke } from './run-once.ts';

/** Node's timers overflow past 2^31 ms; a longer wait is waited in parts. */
const LONGEST_SLEEP_MS = 24 * 3_600_000;

/** Ticks on the app's schedule until Ctrl-C; a tick under way is finished first. */
export async function watch(app: LocalApp, dataDir: string, display: Display): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);

  const { endpoint, orchestrator } = app;
  writeEndpoint(dataDir, { endpoint, orchestrator, pid: process.pid });
  const { expression, timeZone, inputs } = app.schedule;
  display.print(`MongoDB  ${app.mongodbUri.replace(/\/\/.*@/, '//***@')}`);
  display.print(`Lambda   ${app.endpoint}`);
  display.print(`         ${invokeCommand(app.endpoint, app.orchestrator, '{"idempotencyKey":"my-key"}')}`);
  display.print(`Schedule ${expression} ${timeZone}; Ctrl-C stops`);
  const live = new Live(app, display);
  await live.refresh();
  while (!stop.signal.aborted) {
    const next = nextTick(expression, timeZone, new Date());
    display.print(`next tick ${next.toISOString()}`);
    live.nextTick = next;
    await sleepUntil(next, stop.signal);
    if (stop.signal.aborted) break;
    // One after the other: this machine has fewer processors than AWS has room for shards.
    for (const input of inputs) {
      if (stop.signal.aborted) break;
      await tick(app, display, input.replaceAll('<aws.scheduler.scheduled-time>', toSchedulerTime(next)));
    }
    await live.refresh();
    live.printPositions();
  }
  await live.close();
  removeEndpoint(dataDir);
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  display.print('stopped');
  return 0;
}

async function tick(app: LocalApp, display: Display, input: string): Promise<void> {
  display.print(`tick ${input.length > 200 ? `${input.slice(0, 200)}…` : input}`);
  try {
    const payload = await invoke(app, JSON.parse(input));
    if (payload !== undefined) display.showReport(parseReport(payload));
  } catch (error) {
    // A tick that failed is no reason to end the watch; the next one carries its runs on.
    display.print(`tick failed: ${(error as Error).message}`);
  }
}

async function sleepUntil(time: Date, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && Date.now() < time.getTime()) {
    const left = Math.min(time.getTime() - Date.now(), LONGEST_SLEEP_MS);
    await sleep(left, undefined, { signal }).catch(() => undefined);
  }
}

/** As EventBridge Scheduler writes it: whole seconds, in UTC. */
function toSchedulerTime(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
