import type { Orchestrator, Outcome } from './orchestrator.ts';

/** What a step asks of a callee. */
export interface Request {
  /** The key of the run. */
  run: string;
  /** The step's ref and occurrence. */
  label: string;
  key: string;
  /** Outcomes that the workflow has seen when it asked for the step. */
  seen: readonly string[];
  /** The argument of the step, as JSON. */
  argument: string;
  /** The first requests are refused, or crash the orchestrator; a result is of this size. */
  refusals?: number | undefined;
  crashes?: number | undefined;
  bytes?: number | undefined;
  /** It never answers. */
  isAway?: boolean | undefined;
  /** Of a job: how long it takes, and how long it may take. */
  ms?: number | undefined;
  timeoutMs?: number | undefined;
}

export interface CallResult {
  number: number;
  padding?: string;
}

/** An answer was lost, or never came, or the callee has too much to do: another attempt may succeed. */
export class CalleeAwayError extends Error {
  override readonly name = 'CalleeAwayError';
}

/** The callee will not do it, and has not. */
export class CalleeRefusedError extends Error {
  override readonly name = 'CalleeRefusedError';
}

/** What follows from the key alone: a callee answers a key always alike. */
export function resultOf({ key, bytes }: { key: string; bytes?: number | undefined }): CallResult {
  const number = Number.parseInt(key.slice(0, 6), 16) % 1_000;
  return { number, ...(bytes && { padding: 'x'.repeat(bytes) }) };
}

/** The functions that steps invoke: each does what a key asks for once, and answers it again from then on. */
export class Callees {
  /** When each key was done first. */
  readonly done = new Map<string, number>();
  readonly #requests = new Map<string, number>();
  readonly #jobs = new Map<string, { ms: number; timeoutMs: number }>();
  readonly #refused = new Map<string, Orchestrator>();
  readonly #onRequest: (request: Request, orchestrator: Orchestrator) => void;

  constructor(onRequest: (request: Request, orchestrator: Orchestrator) => void) {
    this.#onRequest = onRequest;
  }

  invoke(request: Request, orchestrator: Orchestrator): Promise<CallResult> {
    const { random, world } = orchestrator;
    const { key, label, run } = request;
    if (!orchestrator.isAlive) return new Promise(() => undefined);
    this.#onRequest(request, orchestrator);
    world.log(orchestrator.name, 'invokes', run, label);
    const count = (this.#requests.get(key) ?? 0) + 1;
    this.#requests.set(key, count);
    const { ms, timeoutMs = Infinity } = request;
    if (ms !== undefined) this.#jobs.set(key, { ms, timeoutMs });
    const doIt = () => {
      if (!this.done.has(key)) this.done.set(key, world.now);
      return { value: resultOf(request) };
    };
    const failed = (error: Error) => ({ error });
    const send = (way: number, back: number, outcome: () => Outcome<CallResult>) =>
      orchestrator.request<CallResult>(way, () => {
        const result = outcome();
        return { afterMs: back, outcome: () => result };
      });
    if (count <= (request.crashes ?? 0)) {
      world.count('step that crashes');
      orchestrator.crash(`in ${label}`);
    }
    if (orchestrator.strikes('crash at a callee')) {
      if (random.chance(0.5)) world.after(5, doIt);
      orchestrator.crash(`at ${label}`);
    }
    if (count <= (request.refusals ?? 0) || orchestrator.strikes('invocation refused')) {
      return send(10, 10, () => failed(new CalleeRefusedError(`${label} is refused`))).catch(
        (error: unknown) => {
          this.#refused.set(key, orchestrator);
          throw error;
        },
      );
    }
    const away = () => failed(new CalleeAwayError(`no answer to ${label}`));
    if (request.isAway || orchestrator.strikes('invocation throttled')) return send(5, 5, away);
    if (orchestrator.strikes('invocation lost')) return send(5, 100, away);
    if (orchestrator.strikes('invocation hangs')) {
      if (random.chance(0.5)) world.after(1_000, doIt);
      return new Promise(() => undefined);
    }
    const way = orchestrator.strikes('invocation late') ? random.whole(1_000, 90_000) : random.whole(5, 50);
    if (orchestrator.strikes('invocation answer lost')) {
      return send(way, 20, () => (doIt(), away()));
    }
    return send(way, random.whole(1, 40), doIt);
  }

  /** How often a key was asked for. */
  requests(key: string): number {
    return this.#requests.get(key) ?? 0;
  }

  /** When a job is done: it takes its time from its first request. */
  jobDoneAt(key: string): number {
    return (this.done.get(key) ?? Infinity) + (this.#jobs.get(key)?.ms ?? Infinity);
  }

  jobTimeoutOf(key: string): number {
    return this.#jobs.get(key)?.timeoutMs ?? Infinity;
  }

  /** The orchestrator that was answered that a key is refused. */
  refusedTo(key: string): Orchestrator | undefined {
    return this.#refused.get(key);
  }
}
