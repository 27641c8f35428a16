import type { RunObserver } from '../durable/run-observer.ts';

/** Informs several observers, in this order. */
export function observeAll(observers: Partial<RunObserver>[]): RunObserver {
  return {
    runClaimed: (...about) => observers.forEach((each) => each.runClaimed?.(...about)),
    runFound: (...about) => observers.forEach((each) => each.runFound?.(...about)),
    stepStarted: (...about) => observers.forEach((each) => each.stepStarted?.(...about)),
    stepEnded: (...about) => observers.forEach((each) => each.stepEnded?.(...about)),
    runSuspended: (...about) => observers.forEach((each) => each.runSuspended?.(...about)),
    runBlocked: (...about) => observers.forEach((each) => each.runBlocked?.(...about)),
    runEnded: (...about) => observers.forEach((each) => each.runEnded?.(...about)),
  };
}
