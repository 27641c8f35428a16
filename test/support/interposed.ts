import type { Backend } from '../../orchestrator/durable/backend.ts';
import { Crash } from './durable-app.ts';

type Hook = (phase: 'before' | 'after', command: string) => unknown;

const WRITES = new Set(['findOneAndUpdate', 'updateOne', 'updateMany', 'insertOne']);

/** The same runs, behind collections that await a hook before and after each command that writes. */
export function interposed(backend: Backend, hook: Hook): Backend {
  const behind = <C extends object>(collection: C): C =>
    new Proxy(collection, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        const method = member.bind(target) as (...parts: unknown[]) => unknown;
        if (!WRITES.has(String(name))) return method;
        return async (...parts: unknown[]) => {
          await hook('before', String(name));
          const answer: unknown = await method(...parts);
          await hook('after', String(name));
          return answer;
        };
      },
    });
  return { ...backend, runs: behind(backend.runs), pages: behind(backend.pages) };
}

/** The backend of a process that dies at its n-th write, from 1: before it is sent, or before its answer is here. */
export function dyingAt(backend: Backend, n: number, at: 'before' | 'after') {
  let writes = 0;
  const life = { isOver: false };
  const die = () => {
    life.isOver = true;
    throw new Crash();
  };
  const hook: Hook = (phase) => {
    if (life.isOver) die();
    if (phase === 'before') writes++;
    if (writes === n && phase === at) die();
  };
  return { backend: interposed(backend, hook), life };
}
