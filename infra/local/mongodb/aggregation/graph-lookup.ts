import type { Iterator } from 'mingo/lazy';
import { Query } from 'mingo/query';
import type { Options } from 'mingo/types';
import { itemsAt } from '../bson/paths.ts';
import { clone, isDocument, toNumber, typeName, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { evaluate, withPath } from '../expressions/evaluate.ts';
import { checkFilter } from '../query/filter.ts';
import { finder } from './lookup.ts';

/**
 * Correction of mingo's `$graphLookup`, which compares arrays as a whole, returns a document that does not exist
 * when it searches for a missing value, and accepts any option.
 */
export function graphLookupStage(source: Iterator, spec: unknown, options: Options): Iterator {
  const { from, startWith, connectFromField, connectToField, as, maxDepth, depthField, match } = parse(spec);
  const query = new Query(checkFilter(match), options);
  const foreign = (options.collectionResolver?.(from) ?? []) as Doc[];
  const find = finder(
    foreign.filter((doc) => query.test(doc)),
    connectToField,
  );
  const depthPath = depthField?.split('.');

  const reach = (start: unknown): Doc[] => {
    const depths = new Map<Doc, number>();
    let wanted = Array.isArray(start) ? (start as unknown[]) : [start];
    for (let depth = 0; wanted.length > 0 && depth <= maxDepth; depth++) {
      const found = find(wanted.filter((value) => value !== undefined)).filter((doc) => !depths.has(doc));
      for (const doc of found) depths.set(doc, depth);
      wanted = found.flatMap((doc) => itemsAt(doc, connectFromField));
    }
    return [...depths].map(([doc, depth]) =>
      depthPath ? withPath(clone(doc), depthPath, depth) : clone(doc),
    );
  };
  const path = as.split('.');
  return source.map(((doc: Doc) =>
    withPath(doc, path, reach(evaluate([doc], startWith, options)[0]))) as never);
}

interface GraphLookup {
  from: string;
  startWith: unknown;
  connectFromField: string;
  connectToField: string;
  as: string;
  /** Infinity when not given. */
  maxDepth: number;
  depthField?: string;
  match: Doc;
}

const TEXTS = ['from', 'as', 'connectFromField', 'connectToField', 'depthField'];
const REQUIRED = ['from', 'as', 'startWith', 'connectFromField', 'connectToField'];

function parse(spec: unknown): GraphLookup {
  if (!isDocument(spec)) {
    const message = `the $graphLookup stage specification must be an object, but found ${typeName(spec)}`;
    refuse('FailedToParse', message);
  }
  const { restrictSearchWithMatch: match = {}, maxDepth, ...rest } = spec;
  if (!isDocument(match)) {
    refuse(40185, `expected restrictSearchWithMatch to be an object, but found ${typeName(match)}`);
  }
  for (const [name, value] of Object.entries(rest)) {
    if (name === 'startWith') continue;
    if (!TEXTS.includes(name)) refuse(40104, `Unknown argument to $graphLookup: ${name}`);
    if (typeof value === 'string') continue;
    refuse(40103, `expected string as argument for ${name}, found: ${typeName(value)}`);
  }
  if (REQUIRED.some((name) => spec[name] === undefined || spec[name] === '')) {
    const names = "'from', 'as', 'startWith', 'connectFromField', and 'connectToField'";
    refuse(40105, `$graphLookup requires ${names} to be specified.`);
  }
  return { ...(rest as unknown as GraphLookup), match, maxDepth: depthOf(maxDepth) };
}

function depthOf(maxDepth: unknown): number {
  if (maxDepth === undefined) return Infinity;
  const depth = toNumber(maxDepth);
  if (depth === undefined) refuse(40100, `maxDepth requires numeric argument, found ${typeName(maxDepth)}`);
  if (depth < 0) refuse(40101, `maxDepth requires a nonnegative argument, found: ${depth}`);
  if (Number.isInteger(depth)) return depth;
  refuse(40102, `maxDepth could not be represented as a long long: ${depth}`);
}
