import { Lazy } from 'mingo/lazy';
import { $project } from 'mingo/operators/pipeline';
import { equalValues } from '../bson/key-encoding.ts';
import {
  entriesOf,
  fromComputed,
  getField,
  isDocument,
  isNumeric,
  mapFields,
  setField,
  toComputable,
  toNumber,
  truthy,
  withoutMissing,
  type Doc,
} from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { asServerErrors, mingoOptions } from './compile.ts';
import { checkFilter } from './filter.ts';
import { elementTest } from './operators.ts';

interface Tree {
  [name: string]: Tree | Leaf;
}
type Leaf = true | ((value: unknown) => unknown);

type Projector = (doc: Doc) => Doc;

/**
 * The projection of `find` and `findAndModify`: inclusion, exclusion, `$slice` and `$elemMatch` on typed
 * values, which keeps types; mingo's `$project` computes the other fields. Undefined without a projection.
 */
export function compileProjection(spec: unknown, filter: Doc): Projector | undefined {
  if (!isDocument(spec) || entriesOf(spec).length === 0) return undefined;
  if (entriesOf(spec).some(([, value]) => isComputed(value))) return computed(spec, filter);
  const tree: Tree = {};
  let including: boolean | undefined;
  let idWanted: boolean | undefined;
  for (const [path, value] of entriesOf(spec)) {
    if (path.split('.').some((part) => part === '')) refuse(40353, "FieldPath must not end with a '.'.");
    const part = partOfArray(path, value, filter);
    if (part) {
      if (path.endsWith('.$') || Object.keys(value as Doc)[0] === '$elemMatch') including ??= true;
      plant(tree, pathOf(path), part);
    } else if (path === '_id') {
      idWanted = truthy(value);
    } else {
      const wanted = truthy(value);
      if (including !== undefined && including !== wanted) {
        const kind = wanted ? 'inclusion on' : 'exclusion on';
        const other = wanted ? 'exclusion' : 'inclusion';
        refuse(wanted ? 31253 : 31254, `Cannot do ${kind} field ${path} in ${other} projection`);
      }
      including = wanted;
      plant(tree, path, true);
    }
  }
  const include = including ?? idWanted ?? false;
  if (include ? idWanted !== false : idWanted === false) tree._id = true;
  return (doc) => project(doc, tree, include) as Doc;
}

function isComputed(value: unknown): boolean {
  if (isNumeric(value) || typeof value === 'boolean') return false;
  if (!isDocument(value)) return true;
  return !['$slice', '$elemMatch'].includes(Object.keys(value)[0] ?? '');
}

/** mingo computes; it gets arrays whole, of which our operators keep a part afterwards. */
function computed(spec: Doc, filter: Doc): Projector {
  const tree: Tree = {};
  const whole: Doc = {};
  for (const [path, value] of entriesOf(spec)) {
    const leaf = partOfArray(path, value, filter);
    if (leaf) plant(tree, pathOf(path), leaf);
    setField(whole, leaf ? pathOf(path) : path, leaf ? true : value);
  }
  const fields = asServerErrors(() => toComputable(whole) as Doc);
  return (doc) =>
    asServerErrors(() => {
      const [result] = $project(Lazy([toComputable(doc)] as Doc[]), fields, mingoOptions()).collect();
      return project(fromComputed(result), tree, false) as Doc;
    });
}

const pathOf = (path: string) => path.replace(/\.\$$/, '');

/** What keeps a part of an array; undefined if the field asks for no part. */
function partOfArray(path: string, value: unknown, filter: Doc): Exclude<Leaf, true> | undefined {
  if (isComputed(value)) return undefined;
  if (path.endsWith('.$')) return positional(pathOf(path), filter);
  return isDocument(value) ? arrayOperator(value) : undefined;
}

function plant(tree: Tree, path: string, leaf: Leaf): void {
  const parts = path.split('.');
  let node = tree;
  for (const [i, part] of parts.entries()) {
    const here = Object.hasOwn(node, part) ? node[part] : undefined;
    if (i === parts.length - 1 ? typeof here === 'object' : here !== undefined && typeof here !== 'object') {
      refuse(31250, `Path collision at ${path}`);
    }
    if (i === parts.length - 1) setField(node, part, leaf);
    else {
      if (here === undefined) setField(node, part, {});
      node = node[part] as Tree;
    }
  }
}

/** Keeps the fields that the tree names; removes them when `including` is false. */
function project(value: unknown, tree: Tree, including: boolean): unknown {
  if (Array.isArray(value)) {
    const items = including ? value.filter((item) => Array.isArray(item) || isDocument(item)) : value;
    return items.map((item) => project(item, tree, including));
  }
  if (!isDocument(value)) return including ? undefined : value;
  const fields = mapFields(value, (field, name) => {
    const node = Object.hasOwn(tree, name) ? tree[name] : undefined;
    if (typeof node === 'object') return project(field, node, including);
    if (typeof node === 'function') return node(field);
    return (node === true) === including ? field : undefined;
  });
  return withoutMissing(fields);
}

function arrayOperator(value: Doc): (field: unknown) => unknown {
  const [operator, operand] = entriesOf(value)[0]!;
  if (operator === '$elemMatch') {
    if (!isDocument(operand)) refuse(31274, 'elemMatch: Invalid argument, object required');
    const { item } = checkFilter({ item: { $elemMatch: operand } }) as { item: { $elemMatch: Doc } };
    const test = elementTest(item.$elemMatch, mingoOptions());
    return (field) => {
      const found: unknown = Array.isArray(field) ? field.find(test) : undefined;
      return found === undefined ? undefined : [found];
    };
  }
  const numbers = (Array.isArray(operand) ? (operand as unknown[]) : [operand]).map(toNumber);
  if (numbers.includes(undefined)) refuse(28667, 'Invalid $slice syntax');
  const [first, second] = numbers as [number, number?];
  return (field) => {
    if (!Array.isArray(field)) return field;
    const items = field as unknown[];
    if (second === undefined) return first < 0 ? items.slice(first) : items.slice(0, first);
    const start = first < 0 ? Math.max(0, items.length + first) : first;
    return items.slice(start, start + second);
  };
}

/** `{ 'a.$': 1 }`: the first item that matches the condition of the query on that array. */
function positional(path: string, filter: Doc): (field: unknown) => unknown {
  const condition = getField(filter, path);
  const nested = entriesOf(filter).filter(([name]) => name.startsWith(`${path}.`));
  const query: Doc = {};
  for (const [name, value] of nested) setField(query, name.slice(path.length + 1), value);
  const options = mingoOptions();
  const { item } = checkFilter({ item: condition ?? { $elemMatch: query } }) as { item: Doc };
  const inner = isDocument(item.$elemMatch) ? item.$elemMatch : item;
  const test = '$eq' in item ? (value: unknown) => equalValues(value, item.$eq) : elementTest(inner, options);
  return (field) => {
    if (!Array.isArray(field)) return field;
    const found: unknown = field.find(test);
    return found === undefined ? undefined : [found];
  };
}
