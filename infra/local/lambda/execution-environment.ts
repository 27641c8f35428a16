import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LATEST } from '../arns.ts';
import type { LocalFunction } from '../template.ts';
import { nodeOf } from './deployed-node.ts';
import { ProcessLog, type LogTail } from './log-tail.ts';

const runtimeProcess = fileURLToPath(new URL('runtime-process.js', import.meta.url));

/** AWS starts an initialisation again after ten seconds; here, a busy machine gets more time. */
const INIT_LIMIT_MS = 60_000;

/** An error as the Lambda runtime words it in a reply with `FunctionError`. */
export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

/** The outcome of one invocation: JSON text, or the function's error. */
export type InvocationResult = { payload: string } | { error: FunctionError };

/** What an invocation is given, other than the function. */
export interface Invocation {
  requestId: string;
  /** JSON text. */
  payload: string;
  /** The function as the caller named it, for `context.invokedFunctionArn`. */
  functionArn: string;
  /** For `context.clientContext`. */
  clientContext?: unknown;
  /** Takes the lines that the function writes. */
  log?: LogTail | undefined;
}

type Message =
  { kind: 'ready' } | { kind: 'answered'; payload: string } | { kind: 'failed'; error: FunctionError };

export interface EnvironmentOptions {
  /** What every function has in its environment in addition to its own variables: region, credentials, endpoint. */
  shared: Record<string, string>;
  /** Receives each line that the function writes. */
  onLog(this: void, functionName: string, line: string): void;
}

/** One process that runs one function, one invocation at a time, as a Lambda execution environment does. */
export class ExecutionEnvironment {
  readonly #function: LocalFunction;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #ready: Promise<Message>;
  readonly #log: ProcessLog;
  #tail: LogTail | undefined;
  #isKilled = false;

  constructor(fn: LocalFunction, { shared, onLog }: EnvironmentOptions) {
    this.#function = fn;
    this.#child = fork(runtimeProcess, [fn.file, fn.exportName], {
      execPath: nodeOf(fn.runtime).path,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...shared,
        AWS_LAMBDA_FUNCTION_NAME: fn.name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
        AWS_LAMBDA_FUNCTION_VERSION: LATEST,
        ...fn.environment,
      },
    });
    this.#log = new ProcessLog([this.#child.stdout!, this.#child.stderr!], (line) => {
      this.#tail?.add(line);
      onLog(fn.name, line);
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
    this.#ready = this.#nextMessage();
  }

  get name(): string {
    return this.#function.name;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether the process can take another invocation. */
  get isAlive(): boolean {
    return (
      !this.#isKilled &&
      this.#child.exitCode === null &&
      this.#child.signalCode === null &&
      this.#child.connected
    );
  }

  /** Runs one invocation, and answers when all that it wrote has arrived. */
  async invoke(invocation: Invocation): Promise<InvocationResult> {
    const { requestId, log } = invocation;
    const endOfLog = `\0end of ${requestId}\0`;
    const logged = this.#log.reached(endOfLog);
    this.#tail = log;
    log?.add(`START RequestId: ${requestId} Version: ${LATEST}`);
    const start = performance.now();
    const result = await this.#run(invocation, endOfLog);
    const durationMs = performance.now() - start;
    await logged;
    log?.add(`END RequestId: ${requestId}`);
    log?.add(this.#report(requestId, durationMs));
    this.#tail = undefined;
    return result;
  }

  /** One that takes longer than the function's time limit ends the process, as on AWS. */
  async #run({ requestId, payload, functionArn, clientContext }: Invocation, endOfLog: string) {
    const { name, timeoutMs, memoryMb } = this.#function;
    const started = await this.#withinInitLimit(this.#ready);
    if (started.kind === 'failed') return { error: started.error };

    const answer = this.#nextMessage();
    if (this.isAlive) {
      const context = { timeoutMs, functionName: name, functionArn, memoryMb, clientContext };
      // A process that dies in this very moment is seen by its end, below.
      this.#child.send({ requestId, payload, endOfLog, ...context }, () => undefined);
    }
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.#kill();
    }, timeoutMs);
    const message = await answer;
    clearTimeout(timer);
    if (timedOut) {
      const seconds = (timeoutMs / 1000).toFixed(2);
      const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`;
      return { error: { errorType: 'Sandbox.Timedout', errorMessage } };
    }
    if (message.kind === 'answered') return { payload: message.payload };
    if (message.kind === 'failed') return { error: message.error };
    throw new Error(`${name} sent "${message.kind}" in the middle of an invocation.`);
  }

  #report(requestId: string, durationMs: number): string {
    return [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs)} ms`,
      `Memory Size: ${this.#function.memoryMb} MB`,
    ].join('\t');
  }

  /** AWS ends an initialisation that takes longer. */
  async #withinInitLimit(ready: Promise<Message>): Promise<Message> {
    const timer = setTimeout(() => this.#kill(), INIT_LIMIT_MS);
    const message = await ready;
    clearTimeout(timer);
    return message;
  }

  #kill(): void {
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
  }

  /** Ends the process and waits until it is gone. */
  async stop(): Promise<void> {
    this.#kill();
    await this.#ended;
  }

  #nextMessage(): Promise<Message> {
    return new Promise((resolve) => {
      const onMessage = (message: unknown) => finish(message as Message);
      const onExit = (code: number | null, signal: string | null) => {
        const how = signal ? `signal: ${signal}` : `exit status ${code}`;
        const error = {
          errorType: 'Runtime.ExitError',
          errorMessage: `Error: Runtime exited with error: ${how}`,
        };
        finish({ kind: 'failed', error });
      };
      const finish = (message: Message) => {
        this.#child.off('message', onMessage).off('exit', onExit);
        resolve(message);
      };
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        onExit(this.#child.exitCode, this.#child.signalCode);
      } else {
        this.#child.on('message', onMessage).on('exit', onExit);
      }
    });
  }
}
