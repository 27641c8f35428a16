import * as z from 'zod';
import type { DurableAction } from '../../orchestrator/durable/durable-action.ts';
import { DurableWorkflow, type WorkflowVersion } from '../../orchestrator/durable/durable-workflow.ts';
import { CallAction, JobAction, OrderAction } from './actions.ts';
import type { CallResult } from './callees.ts';
import { SIGNALS, type Program } from './programs.ts';

/** The programs of the schedule that runs now, by the argument of their runs. */
export const programs = new Map<string, Program>();

/** What a signal must be. */
export const signalSchema = z.strictObject({ approved: z.boolean(), by: z.string() });

/** Thrown by a program of its own. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  constructor(readonly seen: string[]) {
    super('the program fails');
  }
}

type Call = Extract<Program, { do: 'call' }>;

/** Plays the program that its argument names. */
export class SimulatedWorkflow extends DurableWorkflow {
  static override permanentRef = 'simulated';
  static override version = 2;
  static override previousVersions: WorkflowVersion[] = [];
  static override signals = Object.fromEntries(SIGNALS.map((ref) => [ref, signalSchema]));
  declare IArgument: { program: string };

  /** The outcomes that this pass has seen, in order. */
  readonly #seen: string[] = [];
  readonly #occurrences = new Map<string, number>();
  #digest = 0;

  override async define() {
    const value = await this.#play(programs.get(this.argument.program)!);
    return { value, seen: [...this.#seen] };
  }

  async #play(program: Program): Promise<number> {
    switch (program.do) {
      case 'call':
        return this.#call(program);
      case 'order':
        return this.#invoke(program.ref, new OrderAction());
      case 'job':
        return this.#job(program);
      case 'sleep': {
        const label = this.#label(program.ref);
        await this.#see(label, this.sleep(program.ref, { milliseconds: program.ms }));
        return 0;
      }
      case 'wait': {
        const label = this.#label(program.ref);
        const waited = this.waitFor<{ approved: boolean }>(program.ref, {
          timeout: { milliseconds: program.ms },
        });
        return (await this.#see(label, waited)).approved ? 1 : 0;
      }
      case 'now':
        await this.#see(this.#label(program.ref), this.now(program.ref));
        return 0;
      case 'random':
        await this.#see(this.#label(program.ref), this.random(program.ref));
        return 0;
      case 'inline':
        return this.#see(
          this.#label(program.ref),
          this.do(program.ref, () => 7),
        );
      case 'misuse':
        return this.#misuse(program.ref);
      case 'fail':
        throw new ProgramError([...this.#seen]);
      case 'sequence': {
        let sum = 0;
        for (const part of program.parts) sum += await this.#play(part);
        return sum;
      }
      case 'parallel': {
        const values = await Promise.all(program.parts.map((part) => this.#play(part)));
        return values.reduce((sum, value) => sum + value, 0);
      }
      case 'race':
        return Promise.race(program.parts.map((part) => this.#play(part)));
      case 'loop': {
        let sum = 0;
        for (let time = 0; time < program.times; time++) sum += await this.#play(program.part);
        return sum;
      }
      case 'branch': {
        const number = await this.#invoke(program.ref, new CallAction());
        return this.#play(number % 2 === 0 ? program.one : program.other);
      }
      case 'try':
        return this.#try(program);
      case 'forget':
        this.#play(program.part).catch(() => undefined);
        return 0;
    }
  }

  async #try({ part, rescue, throws }: Extract<Program, { do: 'try' }>): Promise<number> {
    try {
      return await this.#play(part);
    } catch (error) {
      const value = await this.#play(rescue);
      if (throws) throw error;
      return value;
    }
  }

  #call({ ref, undo, timeoutMs, ...more }: Call): Promise<number> {
    return this.#invoke(ref, new CallAction(), { ...more, undo, timeoutMs });
  }

  #job({ ref, ms, timeoutMs }: Extract<Program, { do: 'job' }>): Promise<number> {
    return this.#invoke(ref, new JobAction(), { timeoutMs }, ms);
  }

  #invoke(ref: string, action: CallAction, options: Partial<Call> = {}, ms?: number): Promise<number> {
    const { undo, timeoutMs, ...more } = options;
    const label = this.#label(ref);
    const asked = this.#ask(action, label, { ...more, ms, timeoutMs });
    const outcome = this.do<CallAction>(ref, asked, {
      ...(timeoutMs !== undefined && { timeout: { milliseconds: timeoutMs } }),
      ...(undo && { undo: () => this.#ask(new CallAction(), `undo ${label}`) }),
    });
    return this.#see(label, outcome).then(({ number }) => number);
  }

  #ask(action: CallAction, label: string, more: Partial<CallAction['request']> = {}): CallAction {
    action.request = {
      ...more,
      run: (this.dbDoc.filter as { key: string }).key,
      label,
      seen: [...this.#seen],
    };
    return action.setArgument({ label, seen: label.startsWith('undo') ? '' : this.#digest.toString(36) });
  }

  /** A step inside a step, which must be refused. */
  #misuse(ref: string): Promise<number> {
    const inner = (): Promise<CallResult> =>
      this.do(
        `${ref} inner`,
        this.#ask(new CallAction(), `${ref} inner`) as DurableAction,
      ) as Promise<CallResult>;
    const outcome = this.do(ref, async () => {
      await inner();
      return 0;
    });
    return this.#see(this.#label(ref), outcome).catch(() => 0);
  }

  #label(ref: string): string {
    const occurrence = this.#occurrences.get(ref) ?? 0;
    this.#occurrences.set(ref, occurrence + 1);
    return `${ref}#${occurrence}`;
  }

  /** Outcomes are seen in the order of the history, by all branches alike. */
  async #see<T>(label: string, outcome: Promise<T>): Promise<T> {
    try {
      const value = await outcome;
      this.#note(`${label} ok`);
      return value;
    } catch (error) {
      this.#note(`${label} failed`);
      throw error;
    }
  }

  #note(text: string): void {
    this.#seen.push(text);
    for (let at = 0; at < text.length; at++)
      this.#digest = (Math.imul(this.#digest, 31) + text.charCodeAt(at)) | 0;
  }
}

/** An earlier version, whose runs do the same. */
export class EarlierWorkflow extends SimulatedWorkflow {
  static override version = 1;
}
SimulatedWorkflow.previousVersions = [EarlierWorkflow];
