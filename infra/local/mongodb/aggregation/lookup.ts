import { Aggregator } from 'mingo/aggregator';
import type { Iterator } from 'mingo/lazy';
import type { Options } from 'mingo/types';
import { candidates, itemsAt } from '../bson/paths.ts';
import { clone, isDocument, typeName, type Doc } from '../bson/values.ts';
import { refuse, ServerError } from '../errors.ts';
import { evaluate, keyText, withPath } from '../expressions/evaluate.ts';

/**
 * Correction of mingo's `$lookup`, which compares whole arrays, does not search the arrays along a path, and
 * ignores the fields to join by when there is a pipeline.
 */
export function lookupStage(source: Iterator, spec: unknown, options: Options): Iterator {
  const { from, localField, foreignField, as, pipeline, variables } = parse(spec);
  const foreign = from === undefined ? [] : ((options.collectionResolver?.(from) ?? []) as Doc[]);
  const find = localField === undefined ? () => foreign : finder(foreign, foreignField!);
  const path = as.split('.');
  return source.map(((doc: Doc) => {
    // The stages change documents in place, and all local documents share the foreign ones.
    const matched = find(localField === undefined ? [] : itemsAt(doc, localField)).map((each) => clone(each));
    const results = pipeline ? subPipeline(pipeline, matched, doc, variables, options) : matched;
    return withPath(doc, path, results);
  }) as never);
}

interface Lookup {
  from?: string;
  localField?: string;
  foreignField?: string;
  as: string;
  pipeline?: Doc[];
  variables: Doc;
}

const KNOWN = ['from', 'localField', 'foreignField', 'as', 'pipeline', 'let'];

function parse(spec: unknown): Lookup {
  const wrong = (message: string) => new ServerError('FailedToParse', message);
  if (!isDocument(spec)) throw wrong('the $lookup specification must be an Object');
  const unknown = Object.keys(spec).find((name) => !KNOWN.includes(name));
  if (unknown) throw wrong(`unknown argument to $lookup: ${unknown}`);
  const { from, pipeline, let: variables = {} } = spec;
  if (isDocument(from)) refuse('BadValue', '$lookup from another database is not served by this store');
  for (const name of ['from', 'localField', 'foreignField', 'as']) {
    const value = spec[name];
    if (value !== undefined && typeof value !== 'string') {
      throw wrong(`$lookup argument '${name}' must be a string, is type ${typeName(value)}`);
    }
  }
  if (spec.as === undefined) throw wrong("must specify 'as' field for a $lookup");
  if (pipeline !== undefined && !Array.isArray(pipeline)) {
    refuse('TypeMismatch', "'pipeline' option must be specified as an array");
  }
  if (!isDocument(variables)) throw wrong("$lookup argument 'let' must be an object");
  const first: unknown = pipeline?.[0];
  if (from === undefined && !(isDocument(first) && '$documents' in first)) {
    throw wrong("must specify 'from' field for a $lookup");
  }
  if ((spec.localField === undefined) !== (spec.foreignField === undefined)) {
    throw wrong("$lookup requires both or neither of 'localField' and 'foreignField' to be specified");
  }
  if (pipeline === undefined && spec.localField === undefined) {
    throw wrong("$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified");
  }
  return { ...(spec as unknown as Lookup), variables };
}

/**
 * Finds the documents whose field is one of these values, in their order. Equality is that of a filter: null
 * equals missing, and an array equals its items.
 */
export function finder(foreign: Doc[], field: string): (values: unknown[]) => Doc[] {
  const places = new Map<string, Set<number>>();
  foreign.forEach((doc, at) => {
    for (const value of candidates(doc, field)) {
      const key = keyText(value);
      places.set(key, (places.get(key) ?? new Set()).add(at));
    }
  });
  return (values) => {
    const found = new Set(values.flatMap((value) => [...(places.get(keyText(value)) ?? [])]));
    return [...found].sort((left, right) => left - right).map((at) => foreign[at]!);
  };
}

function subPipeline(pipeline: Doc[], input: Doc[], doc: Doc, variables: Doc, options: Options): Doc[] {
  const local = (options as { local?: { variables?: Doc } }).local?.variables;
  const [own] = evaluate([doc], variables, options) as [Doc];
  const missing = Object.fromEntries(Object.keys(variables).map((name) => [name, undefined]));
  const settings = {
    context: options.context,
    scriptEnabled: false,
    collectionResolver: options.collectionResolver,
    variables: { ...options.variables, ...local, ...missing, ...own },
  };
  return new Aggregator(pipeline, settings as unknown as Options).run(input);
}
