import { Types } from 'mongoose';
import { carryOn, type TickLog } from './carry-on.ts';
import type { Config } from './config.ts';
import type { Run } from './durable/run.ts';
import type { CancelOutcome, RunControl } from './durable/run-control.ts';
import type { Runner } from './durable/runner.ts';
import { fromCursor, toCursor } from './cursor.ts';
import type { EventOf } from './event.ts';
import {
  toReport,
  toRunDetail,
  toRunReport,
  type OutcomeAnswer,
  type Report,
  type RunAnswer,
  type RunPage,
} from './report.ts';
import { OPEN_LIMIT } from './tick.ts';
import { APPROVAL } from './workflows/approval.ts';

/** Thrown where a command asks for what can't be done; the run is as it was. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** What is asked of runs, and done to them, by a person. */
export class Operations {
  readonly #runs: RunControl;
  readonly #runner: Runner;
  readonly #log: TickLog;

  readonly #config: Config;

  constructor(runs: RunControl, runner: Runner, log: TickLog, config: Config) {
    this.#config = config;
    this.#runs = runs;
    this.#runner = runner;
    this.#log = log;
  }

  /** @param requestId what the report calls the invocation */
  async resume({ id }: EventOf<'resume'>, requestId: string): Promise<Report> {
    if (id === undefined) {
      const { carriedOn, remaining } = await carryOn(
        await this.#runner.findOpen(OPEN_LIMIT),
        this.#config,
        this.#runner,
        this.#log,
      );
      return toReport(requestId, carriedOn, remaining);
    }
    await this.#find(id);
    return toReport(requestId, [await this.#carryOn(id)], []);
  }

  async list({ state, symbol, tick, from, to, limit, cursor }: EventOf<'list'>): Promise<RunPage> {
    const runs = await this.#runs.list({
      state,
      filter: { ...(symbol !== undefined && { symbol }), ...(tick !== undefined && { tick }) },
      from: from === undefined ? undefined : new Date(from),
      to: to === undefined ? undefined : new Date(to),
      after: cursor === undefined ? undefined : afterRun(cursor),
      limit: limit + 1,
    });
    const page = runs.slice(0, limit);
    const last = runs.length > limit ? page.at(-1) : undefined;
    return { runs: page.map(summary), cursor: last ? toCursor({ time: last.startedAt, id: last.id }) : null };
  }

  async show({ id }: EventOf<'show'>): Promise<RunAnswer> {
    return { run: toRunDetail(await this.#find(id)) };
  }

  async decide({ command, id, note }: EventOf<'approve' | 'reject'>): Promise<OutcomeAnswer> {
    const run = await this.#find(id);
    const approved = command === 'approve';
    const answer = await this.#runs.answer(new Types.ObjectId(id), APPROVAL.ref, {
      approved,
      ...(note !== undefined && { note }),
    });
    switch (answer.outcome) {
      case 'taken':
        return { outcome: approved ? 'approved' : 'rejected', run: toRunReport(await this.#carryOn(id)) };
      case 'answered': {
        const earlier = APPROVAL.schema.parse(answer.value).approved;
        return {
          outcome: earlier ? 'already-approved' : 'already-rejected',
          run: toRunReport(await this.#carryOn(id)),
        };
      }
      case 'timed-out':
        throw new RefusedError(`The time for an answer to run ${id} is over. Start a new run to trade.`);
      case 'not-waiting':
        throw new RefusedError(
          `Run ${id} does not wait for approval: it is ${run.state}. See {"command":"show"}.`,
        );
    }
  }

  async cancel({ id, note }: EventOf<'cancel'>): Promise<OutcomeAnswer> {
    await this.#find(id);
    const reason = `The run was cancelled while it waited${note === undefined ? '.' : `: ${note}`}`;
    const outcome = await this.#runs.cancel(new Types.ObjectId(id), reason);
    const refusal = refusals[outcome];
    if (refusal) throw new RefusedError(`Run ${id} ${refusal}`);
    return {
      outcome: outcome === 'cancelled' ? 'cancelled' : 'already-ended',
      run: toRunReport(await this.#find(id)),
    };
  }

  async retry({ id }: EventOf<'retry'>): Promise<OutcomeAnswer> {
    const before = await this.#find(id);
    if (before.state !== 'ERROR') {
      throw new RefusedError(`Run ${id} is ${before.state}; only one in ERROR can be retried.`);
    }
    const run = await this.#runner.retry(new Types.ObjectId(id));
    if (!run) {
      throw new RefusedError(
        `Run ${id} took its steps back when it failed. Start a new one under another key.`,
      );
    }
    return { outcome: 'retried', run: toRunReport(run) };
  }

  /** Where somebody else holds the run, what is known of it. */
  async #carryOn(id: string): Promise<Run> {
    return (await this.#runner.carryOn(new Types.ObjectId(id))) ?? this.#find(id);
  }

  async #find(id: string): Promise<Run> {
    const run = await this.#runs.find(new Types.ObjectId(id));
    if (run) return run;
    throw new RefusedError(
      `There is no run ${id}. See {"command":"list"}; finished runs are kept for the configured days.`,
    );
  }
}

const refusals: Partial<Record<CancelOutcome, string>> = {
  held: 'is at work at this moment. Wait until it waits or ends, and look at it again.',
  uncertain:
    'may have traded: its orchestrator died, or it retries a step whose answer was lost. A tick carries it on; then look at it again.',
};

function summary(run: Run) {
  const { steps, ...report } = toRunReport(run);
  void steps;
  return report;
}

function afterRun(cursor: string): { startedAt: Date; id: Types.ObjectId } {
  const { time, id } = fromCursor(cursor, /^[0-9a-f]{24}$/);
  return { startedAt: time, id: new Types.ObjectId(id) };
}
