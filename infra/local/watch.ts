import { setTimeout as sleep } from 'node:timers/promises';
import type { Display } from './display.ts';
import { EnterKey } from './enter-key.ts';
import { Live } from './live.ts';
import { removeEndpoint, writeEndpoint } from './endpoint-file.ts';
import { invokeCommand } from './lambda/command-line.ts';
import type { LocalApp } from './local-app.ts';
import { nextTick } from '../schedule/next-tick.ts';
import { parseReport } from './report.ts';
import { invoke } from './run-once.ts';
import { eventOf, type Next } from './tick-event.ts';

/** Node's timers overflow past 2^31 ms; a longer wait is waited in parts. */
const LONGEST_SLEEP_MS = 24 * 3_600_000;

/** Ticks on the app's schedule, and at Enter, until Ctrl-C; a tick under way is finished first. */
export async function watch(app: LocalApp, dataDir: string, display: Display): Promise<number> {
  const stop = new AbortController();
  const onStop = () => stop.abort();
  process.once('SIGINT', onStop).once('SIGTERM', onStop);
  // From now on no person can read the output, nor press Ctrl-C.
  process.stdout.once('error', onStop);
  const enter = new EnterKey(process.stdin, () => display.takeBackLine());
  const live = new Live(app, display);
  try {
    const { endpoint, orchestrator, id } = app;
    writeEndpoint(dataDir, { endpoint, orchestrator, id, pid: process.pid });
    greet(app, display, enter.isThere);
    await live.refresh();
    while (!stop.signal.aborted) {
      const next = await nextTime(app, display, live, enter, stop.signal);
      if (next) await tickAt(next, app, display, stop.signal);
      await live.refresh();
      if (next) live.printPositions();
    }
  } finally {
    enter.close();
    await live.close();
    removeEndpoint(dataDir, app.id);
    process.off('SIGINT', onStop).off('SIGTERM', onStop);
  }
  display.print('stopped');
  return 0;
}

function greet(
  { mongodbPlace, endpoint, orchestrator, schedule, nodeNote }: LocalApp,
  display: Display,
  enter: boolean,
) {
  display.print(`MongoDB  ${mongodbPlace}`);
  display.print(`Lambda   ${endpoint}`);
  display.print(`         ${invokeCommand(endpoint, orchestrator, '{"idempotencyKey":"my-key"}')}`);
  display.print(`Schedule ${schedule.schedule.text} ${schedule.timeZone}; Ctrl-C stops`);
  if (nodeNote !== undefined) display.print(`Node     ${nodeNote}`);
  const key = enter ? 'press Enter, or from another terminal: ' : '';
  display.print(`Tick now ${key}npm run trader -- run${display.where}`);
}

/** Waits for the next tick: of the schedule, or now at Enter. Undefined at the end. */
async function nextTime(
  { schedule: { schedule, timeZone } }: LocalApp,
  display: Display,
  live: Live,
  enter: EnterKey,
  stop: AbortSignal,
): Promise<Next | undefined> {
  const next = nextTick(schedule, timeZone, new Date());
  display.print(next ? `next tick ${next.toISOString()}` : 'The schedule never fires again; Ctrl-C stops');
  live.nextTick = next;
  const pressed = enter.pressed();
  await sleepUntil(next, AbortSignal.any([stop, pressed]));
  if (stop.aborted) return undefined;
  if (pressed.aborted) enter.take();
  if (pressed.aborted) return { time: new Date(Math.floor(Date.now() / 1_000) * 1_000), isScheduled: false };
  return next && { time: next, isScheduled: true };
}

async function tickAt(next: Next, app: LocalApp, display: Display, stop: AbortSignal): Promise<void> {
  // One after the other: this machine has fewer processors than AWS has room for shards.
  for (const input of app.schedule.inputs) {
    if (stop.aborted) return;
    await tick(app, display, eventOf(next, input));
  }
}

async function tick(app: LocalApp, display: Display, event: object): Promise<void> {
  const input = JSON.stringify(event);
  display.startTick(`tick ${input.length > 200 ? `${input.slice(0, 200)}…` : input}`);
  try {
    const payload = await invoke(app, event);
    if (payload !== undefined) display.showReport(parseReport(payload));
  } catch (error) {
    // The watch goes on after a tick that failed; the next one resumes its runs.
    display.print(`tick failed: ${(error as Error).message}`);
  }
}

/** Without a time, until the signal is aborted. */
async function sleepUntil(time: Date | undefined, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && Date.now() < (time?.getTime() ?? Infinity)) {
    const left = Math.min((time?.getTime() ?? Infinity) - Date.now(), LONGEST_SLEEP_MS);
    await sleep(left, undefined, { signal }).catch(() => undefined);
  }
}
