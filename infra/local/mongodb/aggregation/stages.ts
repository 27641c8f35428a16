import type { Iterator } from 'mingo/lazy';
import { Query } from 'mingo/query';
import type { Options } from 'mingo/types';
import { shellText } from '../bson/shell-text.ts';
import { getField, isDocument, toNumber, typeName, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { evaluate, withPath } from '../expressions/evaluate.ts';
import { checkFilter } from '../query/filter.ts';
import { sortStage } from '../query/sort.ts';
import { graphLookupStage } from './graph-lookup.ts';
import { bucketAutoStage, bucketStage, groupStage, sortByCountStage, whole } from './grouping.ts';
import { lookupStage } from './lookup.ts';
import { withShapes } from './stage-shapes.ts';

/** Corrections of mingo's stages. Each checks its argument before there is any document, as the server does. */
type Stage = (source: Iterator, spec: unknown, options: Options) => Iterator;

/** The argument of `$skip` or `$limit`. Throws the server's codes. */
export function stageCount(stage: '$skip' | '$limit', value: unknown): number {
  const number = toNumber(value);
  if (number === undefined || !Number.isInteger(number) || number < 0) {
    const wanted = typeof number === 'number' && number < 0 ? 'a non-negative number' : 'an integer';
    refuse(
      stage === '$limit' ? 5107201 : 5107200,
      `invalid argument to ${stage} stage: Expected ${wanted} in: ${stage}: ${shellText(value)}`,
    );
  }
  if (stage === '$limit' && number === 0) refuse(15958, 'the limit must be positive');
  return number;
}

const $limit: Stage = (source, spec) => {
  const number = stageCount('$limit', spec);
  return whole(source, (items) => items.slice(0, number));
};

const $skip: Stage = (source, spec) => {
  const number = stageCount('$skip', spec);
  return whole(source, (items) => items.slice(number));
};

/** mingo checks no filter: `$exists: 0` would match what `find` with the same filter does not. */
const $match: Stage = (source, spec, options) => {
  if (!isDocument(spec)) refuse(15959, 'the match filter must be an expression in an object');
  const query = new Query(checkFilter(spec), options);
  return source.filter(((doc: Doc) => query.test(doc)) as never);
};

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
  const options: Doc | undefined = isDocument(spec)
    ? spec
    : typeof spec === 'string'
      ? { path: spec }
      : undefined;
  if (!options) {
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
  const unknown = Object.keys(spec).find((name) => name !== 'newRoot');
  if (unknown) refuse(40415, `BSON field '$replaceRoot.${unknown}' is an unknown field.`);
  if (spec.newRoot === undefined) {
    refuse(40414, "BSON field '$replaceRoot.newRoot' is missing but a required field");
  }
  return replaced(source, spec.newRoot, "'newRoot' expression ", options);
};

function unserved(what: string): never {
  refuse('CommandNotSupported', `${what} is not served by this store`);
}

/** `$out` and `$merge` at the end of the whole pipeline never reach mingo, which would write nothing. */
function outputInside(stage: string): Stage {
  return () => {
    refuse(40600, `${stage} is not allowed to be used within another stage`);
  };
}

function densify(own: Stage): Stage {
  return (source, spec, options) => {
    if (isDocument(spec) && spec.partitionByFields !== undefined) unserved("$densify's 'partitionByFields'");
    const range = isDocument(spec) ? spec.range : undefined;
    const step = isDocument(range) ? toNumber(range.step) : undefined;
    if (step === undefined || !(step > 0)) {
      refuse(5733401, 'the step parameter in a range statement must be a strictly positive numeric value');
    }
    return own(source, spec, options);
  };
}

function fill(own: Stage): Stage {
  return (source, spec, options) => {
    const output = isDocument(spec) && isDocument(spec.output) ? Object.values(spec.output) : [];
    if (output.some((field) => isDocument(field) && 'method' in field)) unserved("$fill's 'method'");
    return own(source, spec, options);
  };
}

function documents(own: Stage): Stage {
  return (source, spec, options) => {
    const given = evaluate([{}], spec, options)[0];
    if (!Array.isArray(given)) refuse(5858203, 'an array is expected as argument of $documents');
    const wrong: unknown = given.find((each) => !isDocument(each));
    if (wrong === undefined) return own(source, spec, options);
    refuse(40228, `$documents takes objects alone, found ${shellText(wrong)}`);
  };
}

function redact(own: Stage): Stage {
  return (source, spec, options) =>
    whole(own(source, spec, options), (results) =>
      results.filter((result: unknown) => {
        if (result === undefined || isDocument(result)) return result !== undefined;
        refuse(
          17053,
          "$redact's expression should not return anything aside from the variables $$KEEP, $$DESCEND, and $$PRUNE",
        );
      }),
    );
}

/** `mingoStages` are mingo's own, which the checks of an argument are put before. */
export function stageCorrections(mingoStages: object): Record<`$${string}`, never> {
  const own = mingoStages as Record<string, Stage>;
  const project = own.$project!;
  const stages: Record<string, Stage> = {
    $bucket: bucketStage,
    $bucketAuto: bucketAutoStage,
    $count,
    $densify: densify(own.$densify!),
    $documents: documents(own.$documents!),
    $graphLookup: graphLookupStage,
    $group: groupStage,
    $limit,
    $lookup: lookupStage,
    $match,
    $merge: outputInside('$merge'),
    $out: outputInside('$out'),
    $project: (source, spec, options) => {
      if (isDocument(spec) && Object.keys(spec).length > 0) return project(source, spec, options);
      if (!isDocument(spec)) refuse(15969, '$project specification must be an object');
      refuse(51272, 'Invalid $project :: caused by :: projection specification must have at least one field');
    },
    $redact: redact(own.$redact!),
    $replaceRoot,
    $replaceWith: (source, spec, options) => replaced(source, spec, "'replacement document' ", options),
    $sample,
    $setWindowFields: () => unserved('$setWindowFields'),
    $skip,
    $sort: sortStage,
    $sortByCount: sortByCountStage,
    $unwind,
    ...withShapes({ ...own, $fill: fill(own.$fill!) }),
  };
  return stages as Record<`$${string}`, never>;
}
