import { Long } from 'bson';
import { encodeKey } from '../bson/key-encoding.ts';
import { itemsAt } from '../bson/paths.ts';
import { documentField, numberOption, textField, wrongType } from '../bson/shapes.ts';
import { encode, isDocument, truthy, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { compileProjection } from '../query/projection.ts';
import { find, type FindSpec } from '../storage/find.ts';
import { collectionOf, namespaceOf, type Call, type Command } from './call.ts';
import { sessionOf } from './sessions.ts';

/** The fields that `find`, `count`, `distinct` and `findAndModify` have in common. */
export function findSpec(body: Doc, command: string, filterName = 'filter'): FindSpec {
  const limit = numberOption(body.limit, 'limit') ?? 0;
  const skip = numberOption(body.skip, 'skip') ?? 0;
  if (skip < 0) refuse(51024, `BSON field 'skip' value must be >= 0, actual value '${skip}'`);
  return {
    filter: documentField(body, filterName, command) ?? {},
    sort: documentField(body, 'sort', command),
    hint: body.hint,
    skip,
    limit,
    variables: documentField(body, 'let', command),
    maxTimeMS: numberOption(body.maxTimeMS, 'maxTimeMS'),
  };
}

export const findCommand: Command = (call) => {
  const { body, store } = call;
  const spec = findSpec(body, 'find');
  if (spec.limit! < 0) refuse(51024, `BSON field 'limit' value must be >= 0, actual value '${spec.limit}'`);
  const batchSize = batchSizeOf(body.batchSize);
  if (truthy(body.tailable))
    refuse('BadValue', 'error processing query: tailable cursor requested on non capped collection');
  const project = compileProjection(body.projection, spec.filter);
  const records = find(collectionOf(call), spec);
  function* documents(): Generator<Uint8Array, undefined> {
    for (const { bytes, doc } of records) yield project ? encode(project(doc)) : bytes;
  }
  return store.cursors.start(namespaceOf(call), documents(), {
    batchSize,
    singleBatch: truthy(body.singleBatch),
    session: sessionOf(body),
  });
};

export function batchSizeOf(value: unknown): number | undefined {
  const size = numberOption(value, 'batchSize');
  if (size !== undefined && size < 0) {
    refuse(51024, `BSON field 'batchSize' value must be >= 0, actual value '${size}'`);
  }
  return size;
}

export const count: Command = (call) => {
  const collection = collectionOf(call);
  const spec = findSpec(call.body, 'count', 'query');
  // A negative limit of `count` means the same as a positive one.
  spec.limit = Math.abs(spec.limit ?? 0);
  const everything = Object.keys(spec.filter).length === 0 && !spec.skip && !spec.limit;
  if (everything) return { n: collection?.count() ?? 0 };
  return { n: [...find(collection, spec)].length };
};

export const distinct: Command = (call) => {
  const key = textField(call.body, 'key', 'distinct');
  const values = new Map<string, { order: Buffer; value: unknown }>();
  for (const { doc } of find(collectionOf(call), findSpec(call.body, 'distinct', 'query'))) {
    for (const value of itemsAt(doc, key)) {
      const order = encodeKey(value);
      if (value !== undefined) values.set(order.toString('latin1'), { order, value });
    }
  }
  const sorted = [...values.values()].sort((left, right) => Buffer.compare(left.order, right.order));
  return { values: sorted.map(({ value }) => value) };
};

export const getMore: Command = ({ body, database, store }) => {
  const collection = textField(body, 'collection', 'getMore');
  const id = body.getMore;
  if (!(id instanceof Long)) throw wrongType('getMore.getMore', id, 'long');
  return store.cursors.getMore(id, `${database}.${collection}`, batchSizeOf(body.batchSize) || undefined);
};

export const killCursors: Command = (call) => {
  const namespace = namespaceOf(call);
  const ids = Array.isArray(call.body.cursors)
    ? (call.body.cursors as unknown[]).filter((id) => id instanceof Long)
    : [];
  const killed = ids.filter((id) => call.store.cursors.kill(id, namespace));
  return {
    cursorsKilled: killed,
    cursorsNotFound: ids.filter((id) => !killed.includes(id)),
    cursorsAlive: [],
    cursorsUnknown: [],
  };
};

/** `explain` of find, count, distinct, aggregate's first match, update and delete: which index is used. */
export const explain: Command = (call: Call) => {
  const inner = call.body.explain;
  if (!isDocument(inner)) refuse('TypeMismatch', 'explain needs a command document');
  const command = Object.keys(inner)[0] ?? '';
  const [first] = ([inner.updates, inner.deletes, inner.pipeline].find(Array.isArray) ?? []) as unknown[];
  const { q, $match } = isDocument(first) ? first : {};
  const filter = inner.filter ?? inner.query ?? q ?? $match ?? {};
  const target: Call = { ...call, command, body: inner };
  const records = find(collectionOf(target), findSpec({ ...inner, filter, limit: inner.limit }, command));
  const { plan } = records.effort;
  const read = plan.index
    ? {
        stage: 'FETCH',
        inputStage: {
          stage: 'IXSCAN',
          keyPattern: plan.index.spec.key,
          indexName: plan.index.name,
          isMultiKey: plan.index.multikey,
          isUnique: plan.index.unique,
          isSparse: plan.index.sparse,
          isPartial: plan.index.partial !== undefined,
          direction: plan.backward ? 'backward' : 'forward',
        },
      }
    : { stage: 'COLLSCAN', direction: plan.backward ? 'backward' : 'forward' };
  const winningPlan = plan.sorted ? read : { stage: 'SORT', sortPattern: inner.sort, inputStage: read };
  const queryPlanner = {
    namespace: namespaceOf(target),
    parsedQuery: filter,
    winningPlan,
    rejectedPlans: [],
  };
  if (call.body.verbosity === 'queryPlanner') return { explainVersion: '1', queryPlanner, command: inner };
  const nReturned = [...records].length;
  const { examined } = records.effort;
  return {
    explainVersion: '1',
    queryPlanner,
    executionStats: {
      executionSuccess: true,
      nReturned,
      totalKeysExamined: plan.index ? examined : 0,
      totalDocsExamined: examined,
      executionStages: { ...winningPlan, nReturned },
    },
    command: inner,
  };
};
