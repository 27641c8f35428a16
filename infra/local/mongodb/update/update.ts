import { computeStages } from '../aggregation/run.ts';
import { equalValues } from '../bson/key-encoding.ts';
import { shellText } from '../bson/shell-text.ts';
import { clone, entriesOf, isDocument, mapFields, toComputable, typeName, type Doc } from '../bson/values.ts';
import { refuse, ServerError } from '../errors.ts';
import { idFirst } from '../storage/storable.ts';
import { updateOperators } from './operators.ts';
import { compileArrayFilters, expandPath, setAt, unsetAt, valueAt } from './paths.ts';

export interface UpdateSpec {
  filter: Doc;
  /** Operators, a replacement, or a pipeline. */
  update: unknown;
  arrayFilters?: Doc[];
  variables?: Doc;
}

/** A new document from an old one; `inserting` is the upsert's case. The old one does not change. */
export type Updater = (doc: Doc, inserting: boolean) => Doc;

const PIPELINE_STAGES = ['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith'];
const KNOWN = [...Object.keys(updateOperators), '$rename'];

/** Refuses a wrong update before any document is changed. */
export function compileUpdate(spec: UpdateSpec): Updater {
  const { update } = spec;
  if (Array.isArray(update)) return pipelineUpdater(update as Doc[], spec);
  if (!isDocument(update)) refuse('FailedToParse', 'Update argument must be either an object or an array');
  return isModifier(update) ? operatorUpdater(update, spec) : replacement(update);
}

export function isModifier(update: unknown): boolean {
  return isDocument(update) && Object.keys(update)[0]?.startsWith('$') === true;
}

function replacement(update: Doc): Updater {
  const dollar = Object.keys(update).find((name) => name.startsWith('$'));
  if (dollar) {
    refuse(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${dollar}' in '${dollar}' is not allowed in the context of an update's ` +
        'replacement document. Consider using an aggregation pipeline with $replaceWith.',
    );
  }
  return (doc) => {
    if ('_id' in update && doc._id !== undefined && !equalValues(update._id, doc._id))
      throw alteredId(update._id);
    const id = doc._id ?? update._id;
    return id === undefined ? { ...update } : idFirst(id, update);
  };
}

function alteredId(id: unknown): ServerError {
  return new ServerError(
    'ImmutableField',
    `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${shellText(id)}`,
  );
}

/** The server's error for operators that change `_id`. */
export function refuseNewId(): never {
  refuse('ImmutableField', "Performing an update on the path '_id' would modify the immutable field '_id'");
}

interface Step {
  operator: string;
  path: string;
  operand: unknown;
}

function operatorUpdater(update: Doc, spec: UpdateSpec): Updater {
  const steps = parseSteps(update);
  checkConflicts(steps);
  const filters = compileArrayFilters(
    spec.arrayFilters ?? [],
    steps.map(({ path }) => path),
  );
  return (doc, inserting) => {
    const result = clone(doc);
    const context = { arrayFilters: filters, filter: spec.filter, inserting };
    for (const { operator, path, operand } of steps) {
      if (operator === '$setOnInsert' && !inserting) continue;
      if (operator === '$rename') rename(result, path, operand as string);
      else
        for (const at of expandPath(result, path, context))
          updateOperators[operator]!(result, at, clone(operand));
    }
    if (!inserting && !equalValues(doc._id, result._id)) refuseNewId();
    return result;
  };
}

function parseSteps(update: Doc): Step[] {
  const steps: Step[] = [];
  for (const [operator, fields] of entriesOf(update)) {
    if (!KNOWN.includes(operator)) {
      const message = `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`;
      refuse('FailedToParse', message);
    }
    if (!isDocument(fields)) {
      refuse(
        'FailedToParse',
        `Modifiers operate on fields but we found type ${typeName(fields)} instead. For example: {$mod: ` +
          `{<field>: ...}} not {${operator}: ${shellText(fields)}}`,
      );
    }
    for (const [path, operand] of entriesOf(fields)) {
      checkPath(path);
      if (operator === '$rename') {
        if (typeof operand !== 'string') {
          refuse('BadValue', `The 'to' field for $rename must be a string: ${path}: ${shellText(operand)}`);
        }
        checkPath(operand);
      }
      steps.push({ operator, path, operand });
    }
  }
  // The server applies operators in the order of the fields' names, not of the command.
  return steps.sort((left, right) => comparePaths(left.path, right.path));
}

function comparePaths(left: string, right: string): number {
  const [a, b] = [left.split('.'), right.split('.')];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] === b[i]) continue;
    const numbers = /^\d+$/.test(a[i]!) && /^\d+$/.test(b[i]!);
    return numbers ? Number(a[i]) - Number(b[i]) : a[i]! < b[i]! ? -1 : 1;
  }
  return a.length - b.length;
}

function checkPath(path: string): void {
  if (path === '') refuse('EmptyFieldName', 'An empty update path is not valid.');
  const parts = path.split('.');
  if (parts.includes('')) {
    refuse('EmptyFieldName', `The update path '${path}' contains an empty field name, which is not allowed.`);
  }
  const dollar = parts.find((part, i) => part.startsWith('$') && (i === 0 || !/^\$(\[.*\])?$/.test(part)));
  if (dollar && !(parts.length > 1 && ['$ref', '$id', '$db'].includes(dollar))) {
    const message = `The dollar ($) prefixed field '${dollar}' in '${path}' is not valid for storage.`;
    refuse('DollarPrefixedFieldName', message);
  }
}

function checkConflicts(steps: Step[]): void {
  const taken: string[] = [];
  const paths = steps.flatMap((step) => [
    step.path,
    ...(step.operator === '$rename' ? [step.operand as string] : []),
  ]);
  for (const path of paths) {
    const other = taken.find(
      (one) => one === path || one.startsWith(`${path}.`) || path.startsWith(`${one}.`),
    );
    if (other !== undefined) {
      const at = other.length < path.length ? other : path;
      refuse('ConflictingUpdateOperators', `Updating the path '${path}' would create a conflict at '${at}'`);
    }
    taken.push(path);
  }
}

function rename(doc: Doc, from: string, to: string): void {
  const value = valueAt(doc, from.split('.'));
  if (value === undefined) return;
  unsetAt(doc, from.split('.'));
  setAt(doc, to.split('.'), value);
}

function pipelineUpdater(pipeline: Doc[], spec: UpdateSpec): Updater {
  for (const stage of pipeline) {
    const name = Object.keys(stage)[0] ?? '';
    if (!PIPELINE_STAGES.includes(name)) {
      refuse('InvalidOptions', `${name} is not allowed to be used within an update`);
    }
  }
  return (doc, inserting) => {
    const result = retype(computeStages(pipeline, [doc], spec.variables)[0], doc) as Doc;
    if (!('_id' in result) && doc._id !== undefined) return { _id: doc._id, ...result };
    if (!inserting && !equalValues(result._id, doc._id)) throw alteredId(result._id);
    return result;
  };
}

/** Gives values that the pipeline did not change the type back that they had before mingo computed. */
function retype(value: unknown, before: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(before)) return value.map((item, i) => retype(item, before[i]));
  if (isDocument(value) && isDocument(before)) {
    return mapFields(value, (field, name) => retype(field, before[name]));
  }
  const unchanged = equalValues(toComputable(value), toComputable(before)) && before !== undefined;
  return unchanged && typeName(value) !== 'null' ? before : value;
}
