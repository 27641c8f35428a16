import type { ActionApp } from '@wbce/orbits-core';
import type { Types } from 'mongoose';
import { backendOf } from './backend.ts';
import { silentObserver } from './run-observer.ts';
import { Runner } from './runner.ts';
import { noTimeLimit } from './suspension.ts';

/** One pass over a run that an Orbits worker of this process has locked. */
export async function passOfWorker(app: ActionApp, run: Types.ObjectId): Promise<void> {
  await new Runner(backendOf(app), silentObserver, noTimeLimit).advanceLocked(run);
}
