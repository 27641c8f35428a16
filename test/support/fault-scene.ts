import { runId } from '../../orchestrator/durable/ids.ts';
import type { Report } from '../../orchestrator/protocol/report.ts';
import type { RunReport } from '../../orchestrator/protocol/run-report.ts';
import { describeRun, endingsOf, type Ending, type RunDocument } from './fault-audit.ts';
import type { Lane } from './fault-lane.ts';

/** What was answered to an event, about the run that it was sent for. */
interface Said {
  tick: string;
  command: string;
  text: string;
  run: RunReport | undefined;
}

interface Event extends Record<string, unknown> {
  command: string;
}

/** Answers after which a run may end in these ways alone. Not every answer promises something. */
const PROMISES: [RegExp, Ending][] = [
  [/^(already-)?approved\b/, 'trade'],
  [/^(already-)?rejected\b/, 'rejection'],
  [/^cancelled\b/, 'cancellation'],
  [/^retried\b/, 'trade'],
  [/^RefusedError: The time to answer run \w+ is over/, 'rejection'],
  [/^RefusedError: Run \w+ was cancelled/, 'cancellation'],
];

/** Ticks of a lane, what is sent because of them, and what that is answered. */
export class Scene {
  readonly said: Said[] = [];
  readonly ticks: string[] = [];
  /** The tick whose run is meant. */
  tick = '';

  constructor(readonly lane: Lane) {}

  newTick(): void {
    this.tick = this.lane.nextTick();
    this.ticks.push(this.tick);
  }

  get run(): string {
    return runId(`trading/AMZN/${this.tick}`).toHexString();
  }

  /** The last answer. */
  get answer(): string {
    return this.said.at(-1)?.text ?? 'nothing';
  }

  async send(event: Event): Promise<void> {
    const { tick, lane } = this;
    const { answer, error } = await lane.send<{ outcome?: string; run?: RunReport } & Partial<Report>>(event);
    const run = answer?.run ?? answer?.runs?.find(({ id }) => id === this.run);
    const text = error
      ? `${error.errorType}: ${error.errorMessage}`
      : [answer.outcome, run && standing(run)].filter((part) => part !== undefined).join(', ');
    this.said.push({ tick, command: event.command, text, run });
  }

  /** What was answered and is not so in the end. A run that is retried may end in another way. */
  async contradictions(): Promise<string[]> {
    const found: string[] = [];
    for (const [index, said] of this.said.entries()) {
      if (this.said.slice(index + 1).some(({ command }) => command === 'retry')) continue;
      const [run] = await this.lane.audit.runsOf(said.tick);
      const ending = PROMISES.find(([pattern]) => pattern.test(said.text))?.[1];
      const isKept = ending === undefined || (run && endingsOf(run).includes(ending));
      if (!isKept || (said.run && hasChanged(said.run, run)))
        found.push(`"${said.text}" was answered to ${said.command}, but ${describeRun(run)}`);
    }
    return found;
  }
}

/** Where a run stands, in a word. */
function standing({ state, result, error, blocked, waits }: RunReport): string {
  if (blocked) return 'blocked';
  if (state === 'IN_PROGRESS') return waits[0]?.ref ?? 'under way';
  if (state === 'ERROR') return error?.name === 'RunCancelledError' ? 'cancelled' : 'failed';
  const [member = 'ended'] = Object.keys(result as object);
  return member === 'id' ? 'traded' : member;
}

/** Whether a run that was reported as ended has another end now. */
function hasChanged(reported: RunReport, run: RunDocument | undefined): boolean {
  if (reported.state === 'IN_PROGRESS') return false;
  if (!run) return true;
  const { result } = run;
  if (reported.state === 'SUCCESS') return JSON.stringify(reported.result) !== JSON.stringify(result);
  return !result || !('message' in result) || result.message !== reported.error?.message;
}
