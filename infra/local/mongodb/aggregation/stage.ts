import { Lazy, type Iterator } from 'mingo/lazy';
import type { Options } from 'mingo/types';
import type { Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';

/** A stage as mingo runs it. */
export type Stage = (source: Iterator, spec: unknown, options: Options) => Iterator;

/** Runs on all documents at once, when the first result is asked for. */
export function whole(source: Iterator, run: (items: Doc[]) => Doc[]): Iterator {
  return source.transform(((items: Doc[]) => Lazy(run(items))) as never);
}

export function unserved(what: string): never {
  refuse('CommandNotSupported', `${what} is not served by this store`);
}
