import { ActionState } from '@wbce/orbits-core';
import type { PageDocument } from '../../orchestrator/durable/history-pages.ts';
import type { RunDocument } from '../../orchestrator/durable/run-document.ts';
import type { Run } from '../../orchestrator/durable/run.ts';
import type { Callees, Request } from './callees.ts';
import { JudgedRun, type Task } from './judged-run.ts';
import { MOST_SKEW_MS } from './judged-step.ts';
import type { Change } from './memory-store.ts';
import { ANSWERS, type Event, type State } from './model.ts';
import type { Orchestrator } from './orchestrator.ts';
import { demand, Violation } from './rules.ts';
import type { World } from './world.ts';

/** Holds all that happens against the model and the rules; the first thing that breaks one ends the schedule. */
export class Judge {
  readonly runs = new Map<string, JudgedRun>();
  readonly tasks = new Map<Orchestrator, Task>();
  violation: Error | undefined;
  readonly #world: World;
  readonly #historyMs: number;
  readonly #keyOfLabel = new Map<string, string>();
  readonly #labelOfKey = new Map<string, string>();
  callees!: Callees;

  constructor(world: World, historyMs: number) {
    this.#world = world;
    this.#historyMs = historyMs;
  }

  /** Calls what judges; the first violation stands. */
  holds(judging: () => void): void {
    if (this.violation) return;
    try {
      judging();
    } catch (error) {
      this.violation = error as Error;
      if (error instanceof Violation) this.#world.log('VIOLATION', error.message);
    }
  }

  /** A change that a majority of the store has. */
  committed({ collection, before, after, actor }: Change<Orchestrator | undefined>): void {
    this.holds(() => {
      if (collection === 'history') return this.#page(before as unknown as PageDocument, after);
      const [was, is] = [before, after] as unknown as (RunDocument | undefined)[];
      const run = this.of((is ?? was)!.filter.key);
      const task = actor && (this.tasks.get(actor) ?? { orchestrator: actor });
      if (is?.bag.cancelled && !was?.bag.cancelled) this.#cancelled(run);
      const events = run.change(was, is, task, this.#world.now);
      if (was && !is) this.#expired(run);
      if (events.includes('started')) this.#started(run, was!);
      if (events.includes('suspended')) this.#suspended(run, is!);
      for (const event of events) this.#count(event, was, is);
      this.#world.log('run', run.key, events.join(', '));
    });
  }

  #count(event: Event, was: RunDocument | undefined, is: RunDocument | undefined): void {
    const counts = (kind: string) => this.#world.count(kind);
    counts(event);
    if (event === 'claimed' && was?.bag.holder !== undefined) counts('lease lost');
    if (event === 'claimed' && was?.bag.waits && was.bag.holder === undefined) counts('woken');
    if (event === 'retried' && (is?.bag.sparePages?.length ?? 0) > 0) counts('spare outcome');
    if (event === 'put off' && is?.bag.waits?.[0]?.ref === 'queue') counts('queued');
    const { skipped } = (is?.result ?? {}) as { skipped?: string };
    if (event === 'succeeded' && skipped !== undefined) {
      counts(skipped.includes('late') ? 'skipped: too late' : 'skipped: overlap');
    }
  }

  /** What a callee is asked. */
  requested(request: Request, orchestrator: Orchestrator): void {
    this.holds(() => {
      const { label, key } = request;
      const run = this.of(request.run);
      const step = `${request.run} ${label}`;
      const [earlierKey, earlierStep] = [this.#keyOfLabel.get(step), this.#labelOfKey.get(key)];
      demand((earlierKey ?? key) === key, 'key', () => `${step} has two keys: ${earlierKey} and ${key}`);
      demand((earlierStep ?? step) === step, 'key', () => `${step} and ${earlierStep} have the same key`);
      this.#keyOfLabel.set(step, key);
      this.#labelOfKey.set(key, step);
      demand(!label.includes('inner'), 'order', () => `${step} is a step inside a step, and was begun`);
      const unrecorded = request.seen.filter((outcome) => !run.everRecorded.has(outcome));
      demand(
        unrecorded.length === 0,
        'flush',
        () => `${step} began before these were on record: ${unrecorded.join()}`,
      );
      const isAgain = this.callees.refusedTo(key) === orchestrator && !run.document?.bag.signals;
      demand(!isAgain, 'attempts', () => `${step} was refused, and is asked for again at once`);
      const { document } = run;
      demand(
        document?.bag.start?.skip === undefined,
        'identity',
        () => `${step} began, and its run was to be skipped`,
      );
      if (document?.bag.holder === undefined || !orchestrator.tokens.has(document.bag.holder)) return;
      const isRecorded = run.history.some(({ argument }) =>
        argument.startsWith(`{"label":${JSON.stringify(label)},`),
      );
      demand(!isRecorded, 'history', () => `${step} is on record, and was begun again`);
      const isSpare = run.spare.some(({ argument }) => argument === request.argument);
      demand(!isSpare, 'retry', () => `${step} was done before a retry that keeps it, and was begun again`);
      const isUndo = label.startsWith('undo ');
      demand(!document.bag.cancelled || isUndo, 'cancel', () => `${step} began after its run was cancelled`);
      if (!isUndo) return;
      const undone = label.slice('undo '.length);
      demand(run.everRecorded.has(`${undone} ok`), 'undo', () => `${undone} is undone, and did not succeed`);
    });
  }

  /** A person's answer about a run, which must be true at some time between the question and now. */
  answered<Kind extends keyof typeof ANSWERS>(
    kind: Kind,
    key: string,
    answer: string,
    askedAt: number,
  ): void {
    this.holds(() => {
      const states = (ANSWERS[kind] as Record<string, readonly State[]>)[answer];
      const { model } = this.of(key);
      const isTrue = states !== undefined && model.wasIn(states, askedAt, this.#world.now);
      demand(
        isTrue,
        'answers',
        () => `"${kind}" of run ${key} was answered "${answer}"; it was ${model.state}`,
      );
    });
  }

  /** A signal that was taken or kept, and that the run has therefore. */
  signalled(key: string, step: string, value: string): void {
    this.holds(() => {
      const had = this.of(key).everSignalled.get(step);
      demand(had === value, 'answers', () => `a signal to run ${key} was taken; it had ${had}`);
    });
  }

  /** What an orchestrator answers about runs. */
  reported(runs: Run[], askedAt: number): void {
    for (const { key, state, result, error } of runs) {
      this.answered('tick', key, state, askedAt);
      if (state === 'IN_PROGRESS') continue;
      this.holds(() => {
        const ending = JSON.stringify(state === 'SUCCESS' ? result : error);
        demand(
          this.of(key).endings.includes(ending),
          'answers',
          () => `run ${key} was reported with ${ending}`,
        );
      });
    }
  }

  of(key: string): JudgedRun {
    let run = this.runs.get(key);
    if (!run) this.runs.set(key, (run = new JudgedRun(key, this.callees)));
    return run;
  }

  /** Once the faults are over and time has passed. */
  finally(promised: ReadonlySet<string>): void {
    for (const run of this.runs.values()) this.holds(() => this.#final(run));
    for (const key of promised) {
      const isThere = () => this.of(key).model.past.length > 1;
      this.holds(() =>
        demand(isThere(), 'answers', () => `a tick reported run ${key}, which is not on record`),
      );
    }
  }

  #final(run: JudgedRun): void {
    const { document, model } = run;
    if (!document) return;
    demand(document.state >= ActionState.SUCCESS, 'progress', () => {
      const { blocked, waits } = document.bag;
      return `run ${run.key} is still ${model.state}: ${blocked?.error.message ?? JSON.stringify(waits)}`;
    });
  }

  /** An earlier run that was open all the time since this one was claimed keeps it from starting. */
  #started({ key, claimedAt }: JudgedRun, { bag, filter, createdAt }: RunDocument): void {
    const { notAfter } = bag.start ?? {};
    const isInTime = !notAfter || claimedAt <= notAfter.getTime() + MOST_SKEW_MS;
    demand(isInTime, 'identity', () => `run ${key} was claimed when it was too late to start, and started`);
    if (bag.start?.overlap === undefined) return;
    for (const other of this.runs.values()) {
      const { document, openSince, isRetried } = other;
      if (!document || document.filter['overlap'] !== filter['overlap'] || isRetried) continue;
      const isEarlier = document.createdAt < createdAt && openSince < claimedAt;
      const isOpen = document.state < ActionState.SUCCESS;
      demand(!isEarlier || !isOpen, 'overlap', () => `run ${key} started while run ${other.key} was open`);
    }
  }

  /** What is done at a callee and not on record is known to be uncertain, so that no person can cancel the run. */
  #suspended(run: JudgedRun, { bag }: RunDocument): void {
    if (bag.cancelled || bag.claims > 0 || bag.waits?.some(({ attempts }) => attempts > 0)) return;
    this.#demandRecorded(run, 'is suspended as if nothing were uncertain');
  }

  #cancelled(run: JudgedRun): void {
    this.#demandRecorded(run, 'was cancelled');
  }

  #demandRecorded(run: JudgedRun, how: string): void {
    const prefix = `${run.key} `;
    for (const [step, key] of this.#keyOfLabel) {
      if (!step.startsWith(prefix) || !this.callees.done.has(key)) continue;
      const label = step.slice(prefix.length);
      const isKnown = run.everRecorded.has(`${label} ok`) || run.everRecorded.has(`${label} failed`);
      demand(
        isKnown || run.hasWatched,
        'cancel',
        () => `${step} is done and not on record, and its run ${how}`,
      );
    }
  }

  #expired({ endedAt, key }: JudgedRun): void {
    const isOld = endedAt > 0 && this.#world.now - endedAt >= this.#historyMs - 3_600_000;
    demand(isOld, 'retention', () => `run ${key} expired before its time`);
  }

  #page(before: PageDocument | undefined, after: unknown): void {
    if (!before || after) return;
    const id = before._id.toHexString();
    for (const { document, key } of this.runs.values()) {
      const isNeeded =
        document?.bag.pages?.some((page) => page.id.toHexString() === id) &&
        document.state < ActionState.SUCCESS;
      demand(!isNeeded, 'retention', () => `a page of run ${key} expired, and the run is open`);
    }
  }
}
