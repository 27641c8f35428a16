import { parseSort, sortBy } from '../bson/sort.ts';
import type { Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { compileFilter } from '../query/compile.ts';
import type { Collection, StoredRecord } from './collection.ts';
import { execute, plan, type Plan } from './planner.ts';

export interface FindSpec {
  filter: Doc;
  sort?: unknown;
  hint?: unknown;
  skip?: number;
  /** 0 or undefined: no limit. */
  limit?: number;
  variables?: Doc;
  /** Milliseconds; 0 or undefined: no limit. */
  maxTimeMS?: number;
}

/** The cost of a search, for `explain`. */
interface Effort {
  examined: number;
  plan: Plan;
}

/** The matching records, in order. A wrong filter or sort throws at once, not at the first `next()`. */
export function find(
  collection: Collection | undefined,
  spec: FindSpec,
): Generator<StoredRecord> & { effort: Effort } {
  const fields = parseSort(spec.sort);
  const matches = compileFilter(spec.filter, spec.variables);
  const effort: Effort = { examined: 0, plan: plan(collection, spec.filter, fields, spec.hint) };
  const deadline = spec.maxTimeMS ? Date.now() + spec.maxTimeMS : Infinity;

  function* matching(): Generator<StoredRecord> {
    if (!collection) return;
    for (const record of execute(collection, effort.plan)) {
      effort.examined++;
      if (effort.examined % 100 === 0 && Date.now() > deadline) {
        refuse('MaxTimeMSExpired', 'operation exceeded time limit');
      }
      if (matches(record.doc)) yield record;
    }
  }

  function* inOrder(): Generator<StoredRecord> {
    let left = spec.limit || Infinity;
    let skip = spec.skip ?? 0;
    const source = effort.plan.sorted ? matching() : sortBy([...matching()], fields, ({ doc }) => doc);
    for (const record of source) {
      if (skip-- > 0) continue;
      yield record;
      if (--left <= 0) return;
    }
  }
  return Object.assign(inOrder(), { effort });
}
