import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { root } from './local-app.ts';

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunningCommand {
  pid: number;
  finished: Promise<Finished>;
  /** Resolves with the first line of stdout that matches. */
  line(pattern: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a TypeScript file of the project as a process of its own, as the npm scripts do. */
export function startCommand(file: string, args: string[], env: Record<string, string> = {}): RunningCommand {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  });
  const lines: string[] = [];
  let stderr = '';
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout: lines.join('\n'), stderr }));
  });
  return {
    pid: child.pid!,
    finished,
    kill: (signal) => child.kill(signal),
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void finished.then(() => reject(new Error(`no line matched ${pattern}; stderr: ${stderr}`)));
      }),
  };
}

/** `npm start -- ...`, to its end. */
export const npmStart = (args: string[], env?: Record<string, string>) =>
  startCommand('infra/local/main.ts', args, env).finished;
