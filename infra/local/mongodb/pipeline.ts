import { ObjectId } from 'bson';
import { Aggregator } from 'mingo/aggregator';
import type { Options } from 'mingo/types';
import type { StoreState } from './commands/command.ts';
import { ServerError } from './errors.ts';
import { find } from './find.ts';
import { asServerErrors, mingoSettings } from './query.ts';
import { merge, replaceCollection } from './pipeline-output.ts';
import { stageCount } from './stages.ts';
import { fromComputed, isDocument, toComputable } from './values.ts';
import type { Doc } from './values.ts';

export interface PipelineOptions {
  variables?: Doc;
  hint?: unknown;
  maxTimeMS?: number;
}

const UNSERVED = ['$changeStream', '$geoNear', '$search', '$vectorSearch', '$currentOp', '$listSessions'];

/**
 * Runs a pipeline. Its first `$match`, `$sort`, `$skip` and `$limit` are a `find`, which uses indexes and keeps
 * types; what follows is mingo's, on JavaScript numbers. Documents that only `find` has seen are given as bytes.
 */
export async function runPipeline(
  store: StoreState,
  { database, name }: { database: string; name?: string },
  pipeline: Doc[],
  options: PipelineOptions,
): Promise<Iterable<Doc | Uint8Array>> {
  pipeline.forEach(checkStage);
  const { search, rest } = splitSearch(pipeline);
  const last = rest[rest.length - 1];
  const output = last && ('$out' in last || '$merge' in last) ? rest.pop() : undefined;
  if (rest.some((stage) => '$out' in stage || '$merge' in stage)) {
    const wrong = rest.some((stage) => '$out' in stage) ? '$out' : '$merge';
    throw new ServerError(40601, `${wrong} can only be the final stage in the pipeline`);
  }
  const collection = name === undefined ? undefined : store.catalog.find(`${database}.${name}`);
  const first = rest[0];
  if (first && '$collStats' in first) return collectionStats(store, `${database}.${name}`, rest.slice(1));
  if (first && '$indexStats' in first) {
    const stats = (collection?.indexes ?? []).map((index) => ({
      name: index.name,
      key: index.spec.key,
      spec: index.spec,
    }));
    return compute(store, database, rest.slice(1), stats, options);
  }
  const records = find(collection, { ...search, ...options });
  if (rest.length === 0 && !output) {
    return (function* () {
      for (const { bytes } of records) yield bytes;
    })();
  }
  const source = [...records].map(({ doc }) => doc);
  const results = rest.length === 0 ? source : compute(store, database, rest, source, options);
  if (!output) return results;
  await ('$out' in output
    ? replaceCollection(store, database, output.$out, results)
    : merge(store, database, output.$merge, results));
  return [];
}

function checkStage(stage: Doc, at: number): void {
  const names = Object.keys(stage);
  if (names.length !== 1) {
    throw new ServerError(40323, 'A pipeline stage specification object must contain exactly one field.');
  }
  if (at > 0 && names[0] === '$documents') {
    throw new ServerError(40602, '$documents is only valid as the first stage in a pipeline');
  }
  if (UNSERVED.includes(names[0]!)) {
    throw new ServerError('CommandNotSupported', `${names[0]} is not served by this store`);
  }
}

interface Search {
  filter: Doc;
  sort?: Doc;
  skip?: number;
  limit?: number;
}

/** Takes the stages from the front that together are one `find`, in the order in which `find` does them. */
function splitSearch(pipeline: Doc[]): { search: Search; rest: Doc[] } {
  const search: Search = { filter: {} };
  const rest = [...pipeline];
  if (isDocument(rest[0]?.$match)) search.filter = rest.shift()!.$match as Doc;
  const sort = rest[0]?.$sort;
  // An empty one stays for the stage to refuse: to a `find` it means no order.
  if (isDocument(sort) && Object.keys(sort).length > 0) search.sort = rest.shift()!.$sort as Doc;
  if (rest[0] && '$skip' in rest[0]) search.skip = stageCount('$skip', rest.shift()!.$skip);
  if (rest[0] && '$limit' in rest[0]) search.limit = stageCount('$limit', rest.shift()!.$limit);
  return { search, rest };
}

function compute(
  store: StoreState,
  database: string,
  stages: Doc[],
  source: Doc[],
  options: PipelineOptions,
): Doc[] {
  const variables = options.variables && (toComputable(options.variables) as Doc);
  const settings: Partial<Options> = {
    ...mingoSettings,
    ...(variables ? { variables } : {}),
    collectionResolver: (name) =>
      [...find(store.catalog.find(`${database}.${name}`), { filter: {} })].map(
        ({ doc }) => toComputable(doc) as Doc,
      ),
  };
  return asServerErrors(() => {
    const input = source.map((doc) => toComputable(doc) as Doc);
    const results = new Aggregator(toComputable(stages) as Doc[], settings as Options).run(input);
    return results.map((result) => fromComputed(result) as Doc);
  });
}

function collectionStats(store: StoreState, namespace: string, rest: Doc[]): Doc[] {
  const size = store.catalog.find(namespace)?.count() ?? 0;
  const stats = {
    ns: namespace,
    host: `127.0.0.1:${store.port}`,
    localTime: new Date(),
    count: size,
    storageStats: { count: size },
  };
  return compute(store, '', rest, [fromComputed(stats) as Doc], {});
}

export function withNewId(doc: Doc): Doc {
  return doc._id === undefined ? { _id: new ObjectId(), ...doc } : doc;
}
