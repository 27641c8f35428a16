import type { Iterator } from 'mingo/lazy';
import type { Options } from 'mingo/types';
import { checkKnown, missingField } from '../bson/shapes.ts';
import { shellText } from '../bson/shell-text.ts';
import { parseSort, sortBy } from '../bson/sort.ts';
import { fromComputed, getField, isDocument, toNumber, typeName, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { evaluate, withPath } from '../expressions/evaluate.ts';
import { checkFilter } from '../query/filter.ts';
import { graphLookupStage } from './graph-lookup.ts';
import { bucketAutoStage, bucketStage, groupStage, sortByCountStage } from './grouping.ts';
import { lookupStage } from './lookup.ts';
import { CHECKS, MOST_DENSIFIED, tooManyDensified } from './stage-checks.ts';
import { unserved, whole, type Stage } from './stage.ts';

// Corrections of mingo's stages. Like the server, each checks its argument before it reads a document.

const $count: Stage = (source, spec) => {
  if (typeof spec !== 'string') refuse(40156, 'the count field must be a non-empty string');
  if (spec === '') refuse(40157, 'the count field must be a non-empty string');
  if (spec.startsWith('$')) refuse(40158, 'the count field cannot be a $-prefixed path');
  if (spec.includes('\0')) refuse(40159, 'the count field cannot contain a null byte');
  if (spec.includes('.')) refuse(40160, "the count field cannot contain '.'");
  return whole(source, (items) => (items.length === 0 ? [] : [{ [spec]: items.length }]));
};

const $sample: Stage = (source, spec) => {
  if (!isDocument(spec)) refuse(28745, 'the $sample stage specification must be an object');
  const unknown = Object.keys(spec).find((name) => name !== 'size');
  if (unknown) refuse(28748, `unrecognized option to $sample: ${unknown}`);
  if (spec.size === undefined) refuse(28749, '$sample stage must specify a size');
  const size = toNumber(spec.size);
  if (size === undefined) refuse(28746, 'size argument to $sample must be a number');
  if (!(size >= 1)) refuse(28747, 'size argument to $sample must be a positive integer');
  return whole(source, (items) => shuffled(items).slice(0, Math.trunc(size)));
};

function shuffled<T>(items: T[]): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const chosen = Math.floor(Math.random() * (last + 1));
    [mixed[last], mixed[chosen]] = [mixed[chosen]!, mixed[last]!];
  }
  return mixed;
}

interface Unwind {
  parts: string[];
  index?: string[];
  keepEmpty: boolean;
}

function parseUnwind(spec: unknown): Unwind {
  const options = typeof spec === 'string' ? { path: spec } : spec;
  if (!isDocument(options)) {
    const message = `expected either a string or an object as specification for $unwind stage, got ${typeName(spec)}`;
    refuse(15981, message);
  }
  const { path, includeArrayIndex: index, preserveNullAndEmptyArrays: keep = false, ...rest } = options;
  const unknown = Object.keys(rest)[0];
  if (unknown) refuse(28811, `unrecognized option to $unwind stage: ${unknown}`);
  if (path === undefined) refuse(28812, 'no path specified to $unwind stage');
  if (typeof path !== 'string') {
    refuse(28808, `expected a string as the path for $unwind stage, got ${typeName(path)}`);
  }
  if (!path.startsWith('$')) {
    refuse(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  }
  if (typeof keep !== 'boolean') {
    const message = `expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got ${typeName(keep)}`;
    refuse(28809, message);
  }
  const parts = path.slice(1).split('.');
  if (index === undefined) return { parts, keepEmpty: keep };
  if (typeof index !== 'string' || index === '') {
    const message = `expected a non-empty string for the includeArrayIndex option to $unwind stage, got ${typeName(index)}`;
    refuse(28810, message);
  }
  if (index.startsWith('$')) {
    refuse(28822, `includeArrayIndex option to $unwind stage should not be prefixed with a '$': ${index}`);
  }
  return { parts, index: index.split('.'), keepEmpty: keep };
}

const $unwind: Stage = (source, spec) => {
  const { parts, index, keepEmpty } = parseUnwind(spec);
  const indexed = (doc: Doc, at: number | null) => (index ? withPath(doc, index, at) : doc);
  return whole(source, (docs) =>
    docs.flatMap((doc) => {
      const value = parts.reduce<unknown>(
        (inner, part) => (isDocument(inner) ? getField(inner, part) : undefined),
        doc,
      );
      if (Array.isArray(value) && value.length > 0) {
        return value.map((item, at) => indexed(withPath(doc, parts, item), at));
      }
      const empty = Array.isArray(value);
      if (!empty && value !== undefined && value !== null) return [indexed(doc, null)];
      if (!keepEmpty) return [];
      return [indexed(empty ? withPath(doc, parts, undefined) : doc, null)];
    }),
  );
};

function replaced(source: Iterator, expression: unknown, what: string, options: Options): Iterator {
  return whole(source, (docs) =>
    evaluate(docs, expression, options).map((value, at) => {
      if (isDocument(value)) return value;
      const result = value === undefined ? 'MISSING' : shellText(value);
      refuse(
        40228,
        `${what} must evaluate to an object, but resulting value was: ${result}. Type of resulting value: '${typeName(value)}'. Input document: ${shellText(docs[at])}`,
      );
    }),
  );
}

const $replaceRoot: Stage = (source, spec, options) => {
  if (!isDocument(spec)) {
    refuse(40229, `expected an object as specification for $replaceRoot stage, got ${typeName(spec)}`);
  }
  checkKnown(spec, ['newRoot'], '$replaceRoot');
  if (spec.newRoot === undefined) throw missingField('$replaceRoot.newRoot');
  return replaced(source, spec.newRoot, "'newRoot' expression ", options);
};

const $sort: Stage = (source, spec) => {
  if (!isDocument(spec)) refuse(15973, 'the $sort key specification must be an object');
  const fields = parseSort(spec);
  if (fields.length === 0) refuse(15976, '$sort stage must have at least one sort key');
  return whole(source, (items) => sortBy(items, fields, (doc) => doc));
};

/** For `$out` and `$merge` anywhere but at the end of the whole pipeline; mingo would write nothing. */
function outputInside(stage: string): Stage {
  return () => refuse(40600, `${stage} is not allowed to be used within another stage`);
}

function redact(own: Stage): Stage {
  return (source, spec, options) =>
    whole(own(source, spec, options), (results) =>
      results.filter((result: unknown) => {
        if (result === undefined || isDocument(result)) return result !== undefined;
        const message = `$redact's expression should not return anything aside from the variables $$KEEP, $$DESCEND, and $$PRUNE, but returned ${shellText(fromComputed(result))}`;
        refuse(17053, message);
      }),
    );
}

/** Stops at the server's limit: a small step or an infinite bound would add documents without an end. */
function densify(own: Stage): Stage {
  return (source, spec, options) => {
    CHECKS.$densify!(spec, options);
    let added = 0;
    const counted = <T>(by: number) =>
      ((doc: T) => {
        added += by;
        if (added > MOST_DENSIFIED) tooManyDensified();
        return doc;
      }) as never;
    // mingo sorts first, so it has read every document before it gives one.
    return own(source.map(counted(-1)), spec, options).map(counted(1));
  };
}

/** `mingoStages` are mingo's own, which run after a check of their argument. */
export function stageCorrections(mingoStages: object): Record<`$${string}`, never> {
  const own = mingoStages as Record<string, Stage>;
  const checked = Object.entries(CHECKS).map(([name, check]): [string, Stage] => [
    name,
    (source, spec, options) => {
      check(spec, options);
      return own[name]!(source, spec, options);
    },
  ]);
  const stages: Record<string, Stage> = {
    ...Object.fromEntries(checked),
    $bucket: bucketStage,
    $bucketAuto: bucketAutoStage,
    $count,
    $densify: densify(own.$densify!),
    $graphLookup: graphLookupStage,
    $group: groupStage,
    $lookup: lookupStage,
    // mingo does not check filters: `$exists: 0` would match other documents than in a `find`.
    $match: (source, spec, options) => {
      if (!isDocument(spec)) refuse(15959, 'the match filter must be an expression in an object');
      return own.$match!(source, checkFilter(spec), options);
    },
    $merge: outputInside('$merge'),
    $out: outputInside('$out'),
    $redact: redact(own.$redact!),
    $replaceRoot,
    $replaceWith: (source, spec, options) => replaced(source, spec, "'replacement document' ", options),
    $sample,
    $setWindowFields: () => unserved('$setWindowFields'),
    $sort,
    $sortByCount: sortByCountStage,
    $unwind,
  };
  return stages as Record<`$${string}`, never>;
}
