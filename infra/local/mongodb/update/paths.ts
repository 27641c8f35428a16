import { shellText } from '../bson/shell-text.ts';
import { entriesOf, getField, isDocument, mapFields, setField, type Doc } from '../bson/values.ts';
import { refuse, ServerError } from '../errors.ts';
import { compileFilter, type Matcher } from '../query/compile.ts';

const MAX_PADDING = 1_500_000;

/** Changes `doc` in place at one expanded path. */
export type Apply = (doc: Doc, at: string[], operand: unknown) => void;

/** What the paths of an update may refer to in addition to fields. */
interface PathContext {
  /** `$[name]`: a test of array items, by name. */
  arrayFilters: Map<string, Matcher>;
  /** `$`: the query that found the document. */
  filter: Doc;
  inserting: boolean;
}

/** Compiles the `arrayFilters` of a command to tests by name. */
export function compileArrayFilters(filters: Doc[], paths: string[]): Map<string, Matcher> {
  const tests = new Map<string, Matcher>();
  for (const filter of filters) {
    const names = new Set(fieldsOf(filter).map((path) => path.split('.')[0]!));
    const [name] = names;
    if (name === undefined) {
      refuse('FailedToParse', 'Cannot use an expression without a top-level field name in arrayFilters');
    }
    if (names.size > 1) {
      const [first, second] = names;
      refuse(
        'FailedToParse',
        `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${first}' and '${second}'`,
      );
    }
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
      const message = `Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`;
      refuse('BadValue', message);
    }
    if (tests.has(name)) {
      refuse('FailedToParse', `Found multiple array filters with the same top-level field name ${name}`);
    }
    if (!paths.some((path) => path.includes(`$[${name}]`))) {
      refuse('FailedToParse', `The array filter for identifier '${name}' was not used in the update`);
    }
    const test = compileFilter(filter);
    tests.set(name, (item) => test({ [name]: item }));
  }
  return tests;
}

function fieldsOf(filter: Doc): string[] {
  return entriesOf(filter).flatMap(([name, value]) =>
    name.startsWith('$') && Array.isArray(value) ? (value as Doc[]).flatMap(fieldsOf) : [name],
  );
}

/** The places in `doc` that an update path denotes: several when it contains `$[]` or `$[name]`. */
export function expandPath(doc: Doc, path: string, context: PathContext): string[][] {
  let found: string[][] = [[]];
  for (const part of path.split('.')) {
    if (part === '$') found = found.map((at) => [...at, String(matchedPosition(doc, at, path, context))]);
    else if (part.startsWith('$[') && part.endsWith(']')) {
      found = found.flatMap((at) => positions(doc, at, part, path, context).map((i) => [...at, String(i)]));
    } else found = found.map((at) => [...at, part]);
  }
  return found;
}

function positions(doc: Doc, at: string[], part: string, path: string, context: PathContext): number[] {
  const array = valueAt(doc, at);
  const name = part.slice(2, -1);
  const test = name === '' ? () => true : context.arrayFilters.get(name);
  if (!test) refuse('BadValue', `No array filter found for identifier '${name}' in path '${path}'`);
  if (array === undefined) {
    const message = `The path '${at.join('.')}' must exist in the document in order to apply array updates.`;
    refuse('BadValue', message);
  }
  if (!Array.isArray(array)) {
    const shown = `${at[at.length - 1]}: ${shellText(array)}`;
    refuse('BadValue', `Cannot apply array updates to non-array element ${shown}`);
  }
  return array.flatMap((item, i) => (test(item as Doc) ? [i] : []));
}

/** The first item with which, as the only item of its array, the query would find the document. */
function matchedPosition(doc: Doc, at: string[], path: string, { filter, inserting }: PathContext): number {
  const array = valueAt(doc, at);
  if (Array.isArray(array) && !inserting && mentions(filter, at.join('.'))) {
    const matches = compileFilter(filter);
    const found = array.findIndex((item) => matches(replaceAt(doc, at, [item]) as Doc));
    if (found !== -1) return found;
  }
  refuse(
    'BadValue',
    `The positional operator did not find the match needed from the query. Unexpanded update: ${path}`,
  );
}

function mentions(filter: Doc, path: string): boolean {
  return fieldsOf(filter).some((name) => name === path || name.startsWith(`${path}.`));
}

function replaceAt(value: unknown, at: string[], replacement: unknown): unknown {
  const [name, ...rest] = at;
  if (name === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((item, i) =>
      String(i) === name ? replaceAt(item, rest, replacement) : (item as unknown),
    );
  }
  if (!isDocument(value)) return value;
  return mapFields(value, (field, key) => (key === name ? replaceAt(field, rest, replacement) : field));
}

export function valueAt(doc: unknown, at: string[]): unknown {
  let value = doc;
  for (const part of at) {
    if (Array.isArray(value)) value = /^\d+$/.test(part) ? (value as unknown[])[Number(part)] : undefined;
    else if (isDocument(value)) value = getField(value, part);
    else return undefined;
  }
  return value;
}

/** Sets in place and creates the documents along the path. Throws PathNotViable where another value is in the path. */
export function setAt(doc: Doc, at: string[], value: unknown): void {
  let node: unknown = doc;
  at.forEach((part, i) => {
    const last = i === at.length - 1;
    const child = valueAt(node, [part]);
    // An explicit null blocks a path, like any other value that is not a document.
    if (!last && child !== undefined && !isDocument(child) && !Array.isArray(child))
      throw notViable(doc, at, i + 1);
    const next = last ? value : (child ?? {});
    if (Array.isArray(node)) {
      if (!/^\d+$/.test(part)) throw notViable(doc, at, i);
      const position = Number(part);
      if (position - node.length > MAX_PADDING) {
        refuse('BadValue', `can't backfill more than ${MAX_PADDING} elements`);
      }
      while (node.length < position) node.push(null);
      node[position] = next;
    } else if (isDocument(node)) {
      setField(node, part, next);
    } else throw notViable(doc, at, i);
    node = next;
  });
}

function notViable(doc: Doc, at: string[], i: number): ServerError {
  const parent = at[i - 1] ?? '';
  const shown = `{${parent}: ${shellText(valueAt(doc, at.slice(0, i)))}}`;
  return new ServerError('PathNotViable', `Cannot create field '${at[i]}' in element ${shown}`);
}

/** Removes in place; an array keeps its length and gets null at this position. */
export function unsetAt(doc: Doc, at: string[]): void {
  const parent = valueAt(doc, at.slice(0, -1));
  const name = at[at.length - 1]!;
  if (Array.isArray(parent)) {
    if (/^\d+$/.test(name) && Number(name) < parent.length) parent[Number(name)] = null;
  } else if (isDocument(parent)) delete parent[name];
}
