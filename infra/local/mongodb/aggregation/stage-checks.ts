import type { Options } from 'mingo/types';
import { checkKnown, documentField, listField, missingField, textField } from '../bson/shapes.ts';
import { shellText } from '../bson/shell-text.ts';
import { isDocument, toNumber, typeName } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { evaluate } from '../expressions/evaluate.ts';
import { unserved } from './stage.ts';

// mingo accepts almost any argument of a stage, or fails with its own messages, so these checks come first.

type Check = (spec: unknown, options: Options) => void;

/** The argument of `$skip` or `$limit`. */
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

const NOT_IN_FACET = ['$facet', '$out', '$merge', '$documents', '$collStats', '$indexStats', '$geoNear'];

function fieldName(name: string): void {
  if (name === '') refuse(15998, 'FieldPath field names may not be empty strings.');
  if (name.startsWith('$')) refuse(16410, `FieldPath field names may not start with '$'. Given: '${name}'`);
}

const facet: Check = (spec) => {
  if (!isDocument(spec) || Object.keys(spec).length === 0) {
    refuse(40169, 'the $facet specification must be a non-empty object');
  }
  for (const [name, pipeline] of Object.entries(spec)) {
    fieldName(name);
    if (name.includes('.')) refuse(16412, `FieldPath field names may not contain '.'. Given: '${name}'`);
    if (!Array.isArray(pipeline)) {
      refuse(40170, `arguments to $facet must be arrays, ${name} is type ${typeName(pipeline)}`);
    }
    for (const stage of pipeline as unknown[]) {
      if (!isDocument(stage)) {
        const message = `elements of arrays in $facet spec must be non-empty objects, ${name} argument contained an element of type ${typeName(stage)}`;
        refuse(40171, message);
      }
      const wrong = Object.keys(stage).find((operator) => NOT_IN_FACET.includes(operator));
      if (wrong) refuse(40600, `${wrong} is not allowed to be used within a $facet stage`);
    }
  }
};

function addedFields(stage: string): Check {
  return (spec) => {
    if (!isDocument(spec)) {
      refuse(40272, `${stage} specification stage must be an object, got ${typeName(spec)}`);
    }
    if (Object.keys(spec).length === 0) {
      refuse(40177, `Invalid ${stage} :: caused by :: specification must have at least one field`);
    }
    Object.keys(spec).forEach(fieldPath);
  };
}

function fieldPath(path: string): void {
  if (path === '') refuse(40352, 'FieldPath cannot be constructed with empty string');
  if (path.endsWith('.')) refuse(40353, "FieldPath must not end with a '.'.");
  path.split('.').forEach(fieldName);
}

const unset: Check = (spec) => {
  if (typeof spec !== 'string' && !Array.isArray(spec)) {
    refuse(31002, '$unset specification must be a string or an array');
  }
  const paths: unknown[] = Array.isArray(spec) ? spec : [spec];
  if (paths.length === 0) {
    refuse(31119, '$unset specification must be a string or an array with at least one field');
  }
  for (const path of paths) {
    if (typeof path !== 'string') {
      refuse(31120, '$unset specification must be a string or an array containing only string values');
    }
    fieldPath(path);
  }
};

const fill: Check = (spec) => {
  if (!isDocument(spec)) {
    refuse('FailedToParse', `The $fill stage specification must be an object, found ${typeName(spec)}`);
  }
  checkKnown(spec, ['output', 'sortBy', 'partitionBy', 'partitionByFields'], '$fill');
  const output = documentField(spec, 'output', '$fill');
  if (output === undefined) throw missingField('$fill.output');
  if (Object.values(output).some((field) => isDocument(field) && 'method' in field)) {
    unserved("$fill's 'method'");
  }
  for (const [name, field] of Object.entries(output)) {
    if (isDocument(field) && 'value' in field) continue;
    refuse('FailedToParse', `$fill needs { value: ... } for '${name}', found ${shellText(field)}`);
  }
};

const unionWith: Check = (spec) => {
  if (typeof spec === 'string') return;
  if (!isDocument(spec)) {
    const message = `the $unionWith stage specification must be an object or string, but found ${typeName(spec)}`;
    refuse('FailedToParse', message);
  }
  checkKnown(spec, ['coll', 'pipeline'], '$unionWith');
  const coll = spec.coll === undefined ? undefined : textField(spec, 'coll', '$unionWith');
  const pipeline = spec.pipeline === undefined ? [] : listField(spec, 'pipeline', '$unionWith');
  const [first] = pipeline;
  if (coll === undefined && !(first && '$documents' in first)) {
    const message =
      '$unionWith stage without explicit collection must have a pipeline with $documents as first stage';
    refuse('FailedToParse', message);
  }
};

const project: Check = (spec) => {
  if (!isDocument(spec)) refuse(15969, '$project specification must be an object');
  if (Object.keys(spec).length > 0) return;
  refuse(51272, 'Invalid $project :: caused by :: projection specification must have at least one field');
};

/** The server's limit for what `$densify` adds. */
export const MOST_DENSIFIED = 500_000;

/** The error of a `$densify` that adds more. */
export function tooManyDensified(): never {
  refuse(5897900, `Generated more documents in $densify than the limit of ${MOST_DENSIFIED}`);
}

const densify: Check = (spec) => {
  if (!isDocument(spec)) {
    refuse('FailedToParse', `The $densify specification must be an object, found ${typeName(spec)}`);
  }
  if (spec.partitionByFields !== undefined) unserved("$densify's 'partitionByFields'");
  fieldName(textField(spec, 'field', '$densify'));
  const range = documentField(spec, 'range', '$densify');
  if (range === undefined) throw missingField('$densify.range');
  const step = toNumber(range.step);
  if (step === undefined || !(step > 0)) {
    refuse(5733401, 'The step parameter in a range statement must be a strictly positive numeric value');
  }
  densifyBounds(range.bounds);
};

/** With any other bounds mingo would add documents for ever. */
function densifyBounds(bounds: unknown): void {
  if (typeof bounds === 'string') {
    if (bounds === 'full' || bounds === 'partition') return;
    refuse(5946802, "Bounds string must either be 'full' or 'partition'");
  }
  if (!Array.isArray(bounds)) {
    refuse(5946801, "The bounds in a range statement must be the string 'full' or 'partition', or an array");
  }
  if (bounds.length !== 2) refuse(5733403, 'A bounding array in a range statement must have two elements');
}

const documents: Check = (spec, options) => {
  const [given] = evaluate([{}], spec, options);
  if (!Array.isArray(given)) refuse(5858203, 'an array is expected as argument of $documents');
  const wrong: unknown = given.find((each) => !isDocument(each));
  if (wrong !== undefined) refuse(40228, `$documents takes objects alone, found ${shellText(wrong)}`);
};

/** The checks for stages that mingo runs. */
export const CHECKS: Record<string, Check> = {
  $addFields: addedFields('$addFields'),
  $densify: densify,
  $documents: documents,
  $facet: facet,
  $fill: fill,
  $limit: (spec) => stageCount('$limit', spec),
  $project: project,
  $set: addedFields('$set'),
  $skip: (spec) => stageCount('$skip', spec),
  $unionWith: unionWith,
  $unset: unset,
};
