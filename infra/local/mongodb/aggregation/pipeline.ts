import { fromComputed, isDocument, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import type { Catalog } from '../storage/catalog.ts';
import { find } from '../storage/find.ts';
import { computeStages } from './run.ts';
import { stageCount } from './stage-checks.ts';

/** What a pipeline reads, with the options of the command. */
export interface Source {
  catalog: Catalog;
  /** `host:port` of this server, for `$collStats`. */
  host: string;
  database: string;
  /** The collection; undefined for a pipeline that begins with `$documents`. */
  name?: string;
  variables?: Doc;
  hint?: unknown;
  maxTimeMS?: number;
}

const UNSERVED = ['$changeStream', '$geoNear', '$search', '$vectorSearch', '$currentOp', '$listSessions'];

/** A stage that ends a pipeline by writing its results. */
export type Output = { $out: unknown } | { $merge: unknown };

/** Checks names and positions of the stages, and splits off the stage that writes. */
export function splitOutput(pipeline: Doc[]): { stages: Doc[]; output?: Output } {
  pipeline.forEach(checkStage);
  const isOutput = (stage: Doc | undefined) => stage && ('$out' in stage || '$merge' in stage);
  const last = pipeline.at(-1);
  const stages = isOutput(last) ? pipeline.slice(0, -1) : pipeline;
  const wrong = ['$out', '$merge'].find((name) => stages.some((stage) => name in stage));
  if (wrong) refuse(40601, `${wrong} can only be the final stage in the pipeline`);
  return { stages, output: isOutput(last) ? (last as Output) : undefined };
}

/** A result. It has bytes when it is a stored document that no stage has changed. */
export interface Result {
  doc: Doc;
  bytes?: Uint8Array;
}

/**
 * Runs stages that only read. The first `$match`, `$sort`, `$skip` and `$limit` are a `find`, which uses indexes and
 * keeps types; mingo runs the other stages, on JavaScript numbers.
 */
export function runStages(source: Source, stages: Doc[]): Iterable<Result> {
  const { catalog, database, name, host } = source;
  const { search, rest } = splitSearch(stages);
  const ns = `${database}.${name}`;
  const collection = name === undefined ? undefined : catalog.find(ns);
  const first = rest[0] ?? {};
  if ('$collStats' in first) {
    const count = collection?.count() ?? 0;
    const stats = { ns, host, localTime: new Date(), count, storageStats: { count } };
    return compute(source, rest.slice(1), [fromComputed(stats) as Doc]);
  }
  if ('$indexStats' in first) {
    const stats = collection?.indexes.map(({ name, spec }): Doc => ({ name, key: spec.key, spec }));
    return compute(source, rest.slice(1), stats ?? []);
  }
  const found = find(collection, { ...source, ...search });
  if (rest.length === 0) return found;
  return compute(
    source,
    rest,
    [...found].map(({ doc }) => doc),
  );
}

function checkStage(stage: Doc, at: number): void {
  const names = Object.keys(stage);
  if (names.length !== 1) {
    refuse(40323, 'A pipeline stage specification object must contain exactly one field.');
  }
  if (at > 0 && names[0] === '$documents') {
    refuse(40602, '$documents is only valid as the first stage in a pipeline');
  }
  if (UNSERVED.includes(names[0]!)) refuse('CommandNotSupported', `${names[0]} is not served by this store`);
}

interface Search {
  filter: Doc;
  sort?: Doc;
  skip?: number;
  limit?: number;
}

/** Splits off the first stages that together are one `find`, in the order in which `find` does them. */
function splitSearch(pipeline: Doc[]): { search: Search; rest: Doc[] } {
  const search: Search = { filter: {} };
  const rest = [...pipeline];
  if (isDocument(rest[0]?.$match)) search.filter = rest.shift()!.$match as Doc;
  const sort = rest[0]?.$sort;
  // An empty `$sort` is left for the stage to refuse: in a `find` it means no order.
  if (isDocument(sort) && Object.keys(sort).length > 0) search.sort = rest.shift()!.$sort as Doc;
  if (rest[0] && '$skip' in rest[0]) search.skip = stageCount('$skip', rest.shift()!.$skip);
  if (rest[0] && '$limit' in rest[0]) search.limit = stageCount('$limit', rest.shift()!.$limit);
  return { search, rest };
}

function compute({ catalog, database, variables }: Source, stages: Doc[], input: Doc[]): Result[] {
  const read = (name: string) =>
    Array.from(find(catalog.find(`${database}.${name}`), { filter: {} }), ({ doc }) => doc);
  return computeStages(stages, input, variables, read).map((doc) => ({ doc }));
}
