import type { Iterator } from 'mingo/lazy';
import type { Options } from 'mingo/types';
import { compareValues, orderClass } from '../bson/key-encoding.ts';
import { shellText } from '../bson/shell-text.ts';
import { entriesOf, isDocument, setField, toNumber, typeName, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { evaluate, keyText, noBranch } from '../expressions/evaluate.ts';
import { whole } from './stage.ts';

/** Corrections of mingo's stages that group: BSON's equality and order, and no empty groups. */
type Fields = [name: string, accumulate: (items: Doc[], options: Options) => unknown][];
interface Group {
  id: unknown;
  items: Doc[];
}

const DEFAULT_OUTPUT = { count: { $sum: 1 } };

/** The accumulators of a stage, checked before there is any document. */
function parseFields(spec: Doc, options: Options): Fields {
  return entriesOf(spec).map(([name, value]) => {
    if (name.includes('.')) refuse(40235, `The field name '${name}' cannot contain '.'`);
    if (name.startsWith('$')) refuse(40236, `The field name '${name}' cannot be an operator name`);
    if (!isDocument(value) || Object.keys(value).length === 0) {
      refuse(40234, `The field '${name}' must be an accumulator object`);
    }
    const operators = entriesOf(value);
    if (operators.length !== 1) refuse(40238, `The field '${name}' must specify one accumulator`);
    const [operator, operand] = operators[0]!;
    const found = options.context.getOperator('accumulator' as never, operator) as
      ((items: Doc[], expression: unknown, current: Options) => unknown) | null;
    if (!found) refuse(15952, `unknown group operator '${operator}'`);
    // For mingo's accumulators null means the items themselves; here it is a value.
    const expression = operand ?? { $literal: null };
    return [name, (items, current) => found(items, expression, current)];
  });
}

function accumulated({ id, items }: Group, fields: Fields, options: Options): Doc {
  const result: Doc = { _id: id };
  for (const [name, accumulate] of fields) setField(result, name, accumulate(items, options) ?? null);
  return result;
}

function groupBy(items: Doc[], ids: unknown[]): Group[] {
  const groups = new Map<string, Group>();
  items.forEach((item, at) => {
    const id = ids[at] ?? null;
    const key = keyText(id);
    const group = groups.get(key);
    if (group) group.items.push(item);
    else groups.set(key, { id, items: [item] });
  });
  return [...groups.values()];
}

export function groupStage(source: Iterator, spec: unknown, options: Options): Iterator {
  if (!isDocument(spec)) refuse(15947, "a group's fields must be specified in an object");
  if (!('_id' in spec)) refuse(15955, 'a group specification must include an _id');
  const { _id, ...rest } = spec;
  const fields = parseFields(rest, options);
  return whole(source, (items) =>
    groupBy(items, evaluate(items, _id, options)).map((group) => accumulated(group, fields, options)),
  );
}

export function sortByCountStage(source: Iterator, spec: unknown, options: Options): Iterator {
  const expression = isDocument(spec) && Object.keys(spec)[0]?.startsWith('$') === true;
  if (!expression && !(typeof spec === 'string' && spec.startsWith('$'))) {
    const message = `the sortByCount field must be defined as a $-prefixed path or an expression inside an object`;
    refuse(40149, message);
  }
  return whole(source, (items) =>
    groupBy(items, evaluate(items, spec, options))
      .sort((left, right) => right.items.length - left.items.length)
      .map((group) => ({ _id: group.id, count: group.items.length })),
  );
}

function bucketSpec(spec: unknown, stage: string, known: string[]): Doc {
  const codes = stage === '$bucket' ? [40201, 40197] : [40240, 40245];
  if (!isDocument(spec)) {
    refuse(codes[0]!, `Argument to ${stage} stage must be an object, but found ${typeName(spec)}`);
  }
  const unknown = Object.keys(spec).find((name) => !known.includes(name));
  if (unknown) refuse(codes[1]!, `Unrecognized option to ${stage}: ${unknown}.`);
  return spec;
}

function outputOf(spec: Doc, code: number, options: Options): Fields {
  const output = spec.output ?? DEFAULT_OUTPUT;
  if (!isDocument(output)) {
    refuse(code, `The 'output' field must be an object, but found type ${typeName(output)}`);
  }
  return parseFields(output, options);
}

function checkBoundaries(boundaries: unknown): unknown[] {
  if (!Array.isArray(boundaries)) {
    const found = typeName(boundaries);
    refuse(40200, `The $bucket 'boundaries' field must be an array, but found type: ${found}.`);
  }
  if (boundaries.length < 2) {
    const message = `The $bucket 'boundaries' field must have at least 2 values, but found ${boundaries.length} value(s).`;
    refuse(40192, message);
  }
  boundaries.slice(1).forEach((upper, at) => {
    const lower: unknown = boundaries[at];
    if (orderClass(lower) !== orderClass(upper)) {
      const message = `All values in the 'boundaries' option to $bucket must have the same type. Found conflicting types ${typeName(lower)} and ${typeName(upper)}.`;
      refuse(40193, message);
    }
    if (compareValues(lower, upper) >= 0) {
      const message = `The 'boundaries' option to $bucket must be sorted, but elements ${at} and ${at + 1} are not in ascending order.`;
      refuse(40194, message);
    }
  });
  return boundaries;
}

export function bucketStage(source: Iterator, given: unknown, options: Options): Iterator {
  const spec = bucketSpec(given, '$bucket', ['groupBy', 'boundaries', 'default', 'output']);
  if (spec.groupBy === undefined || spec.boundaries === undefined) {
    refuse(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  }
  const [constants] = evaluate([{}], [spec.boundaries, spec.default], options) as [unknown[]];
  const boundaries = checkBoundaries(constants[0]);
  const otherwise = constants[1];
  const fields = outputOf(spec, 40196, options);
  const inside = (value: unknown) =>
    compareValues(value, boundaries[0]) >= 0 && compareValues(value, boundaries.at(-1)) < 0;
  if (spec.default !== undefined && inside(otherwise)) {
    const message =
      "The $bucket 'default' field must be less than the lowest boundary or greater than or equal to the highest boundary.";
    refuse(40199, message);
  }
  const bucketOf = (value: unknown): unknown => {
    if (inside(value)) return boundaries.findLast((lower) => compareValues(lower, value) <= 0);
    if (spec.default !== undefined) return otherwise;
    noBranch();
  };
  return whole(source, (items) =>
    groupBy(items, evaluate(items, spec.groupBy, options).map(bucketOf))
      .sort((left, right) => compareValues(left.id, right.id))
      .map((group) => accumulated(group, fields, options)),
  );
}

export function bucketAutoStage(source: Iterator, given: unknown, options: Options): Iterator {
  const spec = bucketSpec(given, '$bucketAuto', ['groupBy', 'buckets', 'output', 'granularity']);
  if (spec.granularity !== undefined) {
    refuse('CommandNotSupported', "$bucketAuto's 'granularity' is not served by this store");
  }
  if (spec.groupBy === undefined || spec.buckets === undefined) {
    refuse(40246, "$bucketAuto requires 'groupBy' and 'buckets' to be specified");
  }
  const count = toNumber(spec.buckets);
  if (count === undefined) {
    const found = typeName(spec.buckets);
    refuse(40241, `The $bucketAuto 'buckets' field must be a numeric value, but found type: ${found}`);
  }
  if ((count | 0) !== count) {
    const message = `The $bucketAuto 'buckets' field must be representable as a 32-bit integer, but found ${shellText(count)}`;
    refuse(40242, message);
  }
  if (count <= 0) {
    refuse(40243, `The $bucketAuto 'buckets' field must be greater than 0, but found: ${count}`);
  }
  const fields = outputOf(spec, 40244, options);
  return whole(source, (items) =>
    split(groupBy(items, evaluate(items, spec.groupBy, options)), items.length, count).map((bucket) =>
      accumulated(bucket, fields, options),
    ),
  );
}

/** Buckets of about the same size; equal values stay together, and the last bucket takes the rest. */
function split(values: Group[], size: number, count: number): Group[] {
  values.sort((left, right) => compareValues(left.id, right.id));
  const about = Math.max(1, Math.round(size / count));
  const buckets: { min: unknown; max: unknown; items: Doc[] }[] = [];
  for (const { id, items } of values) {
    const bucket = buckets.at(-1);
    if (bucket && (bucket.items.length < about || buckets.length === count)) {
      bucket.items.push(...items);
      bucket.max = id;
    } else buckets.push({ min: id, max: id, items: [...items] });
  }
  return buckets.map(({ min, max, items }, at) => ({
    id: { min, max: at + 1 < buckets.length ? buckets[at + 1]!.min : max },
    items,
  }));
}
