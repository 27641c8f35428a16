// Loaded into a function's process before its bundle: the clock runs ahead by what the harness says, so that leases end,
// time-outs are reached and long waits are over without anybody having to wait.
import { Buffer } from 'node:buffer';
import { appendFileSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';

/** Waits shorter than this are waited. */
const SHORT_MS = 100;
const LOOK_MS = 10;

// Each byte of the file is a second: several processes can put the clock forward at once, with no lock.
const file = process.env.CLOCK_FILE;
const aheadMs = () => statSync(file).size * 1000;
const putForward = (ms) => appendFileSync(file, Buffer.alloc(Math.ceil(ms / 1000)));

const realNow = Date.now.bind(Date);
Date.now = () => realNow() + aheadMs();
// A proxy and no subclass, for libraries that know a class by its name.
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [Date.now()] : args, newTarget),
});
const realPerformanceNow = performance.now.bind(performance);
performance.now = () => realPerformanceNow() + aheadMs();
const realHrtime = process.hrtime;
const hrtime = ([seconds, nanoseconds] = [0, 0]) => realHrtime([seconds - aheadMs() / 1000, nanoseconds]);
process.hrtime = Object.assign(hrtime, { bigint: realHrtime.bigint });

/** A sleep puts the clock forward instead. */
const realSleep = timersPromises.setTimeout;
timersPromises.setTimeout = (ms, ...rest) => {
  if (!(ms >= SHORT_MS)) return realSleep(ms, ...rest);
  putForward(ms);
  return realSleep(0, ...rest);
};

/** Timers that wait for a due time on this clock, whichever comes first: that, or the real time. */
const due = new Map();
const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout, setInterval } = timers;
timers.setTimeout = (callback, ms, ...args) => {
  const fire = () => {
    due.delete(timer);
    callback(...args);
  };
  const timer = realSetTimeout(fire, ms);
  if (ms >= SHORT_MS) due.set(timer, { at: Date.now() + ms, fire });
  return timer;
};
timers.setTimeout[promisify.custom] = timersPromises.setTimeout;
timers.clearTimeout = (timer) => {
  due.delete(timer);
  realClearTimeout(timer);
};
globalThis.setTimeout = timers.setTimeout;
globalThis.clearTimeout = timers.clearTimeout;

/** Sockets on which silence is a time-out, and how far ahead the clock was when they became so. */
const impatient = new Map();
const realSocketTimeout = Socket.prototype.setTimeout;
Socket.prototype.setTimeout = function (ms, ...rest) {
  if (ms > 0 && !this.destroyed) impatient.set(this, aheadMs());
  else impatient.delete(this);
  return realSocketTimeout.call(this, ms, ...rest);
};

let seenMs = aheadMs();
setInterval(() => {
  const nowMs = aheadMs();
  if (nowMs === seenMs) return;
  // Sockets first: what a timer sends now has not waited. One that is newer than the leap has not waited either.
  for (const [socket, sinceMs] of impatient) {
    if (socket.destroyed) impatient.delete(socket);
    else if (socket.timeout <= nowMs - Math.max(seenMs, sinceMs)) socket.emit('timeout');
  }
  seenMs = nowMs;
  for (const [timer, { at, fire }] of due) {
    if (at > Date.now()) continue;
    realClearTimeout(timer);
    fire();
  }
}, LOOK_MS).unref();

syncBuiltinESMExports();
