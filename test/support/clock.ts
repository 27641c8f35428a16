import { jest } from '@jest/globals';

const REAL = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

/** Lets a test say what `Date` says; timers stay real, for sockets need them. */
export function holdClock(now = new Date('2026-01-05T14:30:00Z')) {
  jest.useFakeTimers({ now, doNotFake: [...REAL] });
  return {
    put: (ms: number) => void jest.setSystemTime(Date.now() + ms),
    release: () => void jest.useRealTimers(),
  };
}
