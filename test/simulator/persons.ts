import { ActionState } from '@wbce/orbits-core';
import { runId, stepId } from '../../orchestrator/durable/ids.ts';
import type { RunDocument } from '../../orchestrator/durable/run-document.ts';
import type { Invocations, Kit, Process } from './invocations.ts';
import { partsOf, SIGNALS } from './programs.ts';
import type { Random } from './random.ts';
import { programs } from './workflow.ts';

/** Persons, who ask for something about a run at any moment, as the commands of the protocol do it. */
export class Persons {
  readonly #random: Random;
  readonly #invocations: Invocations;
  readonly #kit: Kit;
  #count = 0;
  #latest = '';

  constructor(random: Random, invocations: Invocations, kit: Kit) {
    this.#random = random;
    this.#invocations = invocations;
    this.#kit = kit;
  }

  /** Approves or rejects, mostly what a run waits for. */
  signal(): void {
    const run = this.#anyRun();
    if (!run) return;
    const { world, judge } = this.#kit;
    const { key } = run.filter;
    const { ref, occurrence } = this.#wait(run);
    const isValid = !this.#random.chance(0.1);
    const isApproved = this.#random.chance(0.6);
    world.count(isApproved ? 'approve' : 'reject');
    const by = `person ${this.#count++}`;
    const value = isValid ? { approved: isApproved, by } : { approved: 'perhaps', by };
    const step = stepId(run._id, ref, occurrence).toHexString();
    this.#start(`signal ${key} ${ref}#${occurrence}`, async (process) => {
      const answer = await process.control.signal(run._id, ref, value, occurrence);
      world.log(process.orchestrator.name, 'answers:', answer.outcome);
      world.count(`signal ${answer.outcome}`);
      judge.answered('signal', key, answer.outcome, process.askedAt);
      if (answer.outcome === 'taken' || answer.outcome === 'kept')
        judge.signalled(key, step, JSON.stringify(value));
      if (answer.outcome === 'answered') judge.signalled(key, step, JSON.stringify(answer.value));
      if (answer.outcome === 'taken') await this.#resume(key, process);
    });
  }

  /** Cancels, often what looks stuck. */
  cancel(): void {
    const blocked = this.#runs().filter(({ bag }) => bag.blocked);
    const run = blocked.length > 0 && this.#random.chance(0.5) ? this.#random.pick(blocked) : this.#anyRun();
    if (!run) return;
    const { world, judge } = this.#kit;
    const { key } = run.filter;
    world.count('cancel');
    this.#start(`cancel ${key}`, async (process) => {
      const answer = await process.control.cancel(run._id, 'a person wants it so');
      world.log(process.orchestrator.name, 'answers:', answer);
      world.count(`cancel ${answer}`);
      judge.answered('cancel', key, answer, process.askedAt);
      if (answer === 'cancelled') await this.#resume(key, process);
    });
  }

  /** Retries, mostly what has failed, and some of it from a step that it has. */
  retry(): void {
    const failed = this.#runs().filter(({ state }) => state === ActionState.ERROR);
    const run = failed.length > 0 && this.#random.chance(0.9) ? this.#random.pick(failed) : this.#anyRun();
    if (!run) return;
    const { world, judge } = this.#kit;
    const { key } = run.filter;
    const from = this.#random.chance(0.4) ? judge.of(key).history[this.#random.whole(0, 5)]?.ref : undefined;
    world.count(from === undefined ? 'retry' : 'retry from');
    this.#start(
      `retry ${key} ${from ?? ''}`,
      async (process) => {
        const retried = await process.runner.retry(run._id, from);
        if (!process.orchestrator.isAlive) return;
        const answer = retried ? 'retried' : 'refused';
        world.log(process.orchestrator.name, 'answers:', answer);
        world.count(`retry ${answer}`);
        judge.answered('retry', key, answer, process.askedAt);
        if (retried) judge.reported([retried], process.askedAt);
      },
      from,
    );
  }

  async #resume(key: string, { runner, orchestrator, askedAt }: Process): Promise<void> {
    const run = await runner.resume(runId(key));
    if (run && orchestrator.isAlive) this.#kit.judge.reported([run], askedAt);
  }

  #start(what: string, work: (process: Process) => Promise<void>, from?: string): void {
    this.#invocations.start(what, { from }, work);
  }

  #runs(): RunDocument[] {
    return this.#kit.store.committed('actions') as unknown as RunDocument[];
  }

  /** Often the one that was asked about just before: two commands about one run are what can contradict each other. */
  #anyRun(): RunDocument | undefined {
    const runs = this.#runs();
    if (runs.length === 0) return undefined;
    const latest = runs.find(({ _id }) => _id.toHexString() === this.#latest);
    const run = latest && this.#random.chance(0.4) ? latest : this.#random.pick(runs);
    this.#latest = run._id.toHexString();
    return run;
  }

  #wait(run: RunDocument): { ref: string; occurrence: number } {
    const open = Object.values(run.bag.open ?? {}).filter(({ action }) => action === 'wait-for');
    const program = programs.get(run.argument['program'] as string)!;
    const waits = partsOf(program).flatMap((part) => (part.do === 'wait' ? [part.ref] : []));
    const isFirst = this.#random.chance(0.8);
    const ref =
      open.length > 0 && isFirst
        ? this.#random.pick(open).ref
        : this.#random.pick(waits.length > 0 ? waits : SIGNALS);
    const before = this.#kit.judge.of(run.filter.key).history.filter((step) => step.ref === ref).length;
    return { ref, occurrence: isFirst ? before : this.#random.whole(0, 2) };
  }
}
