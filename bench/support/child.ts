import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { compiled } from './compiled.ts';

export interface Child {
  process: ChildProcess;
  /** The next line that the child prints, as JSON; throws with what it complained of when it ends before. */
  next<T>(): Promise<T>;
  /** Asks the child to end, and waits until it has. */
  stop(): Promise<void>;
}

/** A script of the bench in its own process, so that no two share memory or an event loop. */
export async function startChild(script: URL, args: string[]): Promise<Child> {
  const path = await compiled(script);
  const child = spawn(process.execPath, ['--enable-source-maps', path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-4000)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit');
  return {
    process: child,
    async next<T>(): Promise<T> {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`${path} ${args.join(' ')} ended without an answer: ${complaint.trim()}`);
        if (value.startsWith('{')) return JSON.parse(value) as T;
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
