import type { Iterator } from 'mingo/lazy';
import type { Options } from 'mingo/types';
import { shellText } from '../bson/shell-text.ts';
import { isDocument, typeName } from '../bson/values.ts';
import { ServerError } from '../errors.ts';

/** Checks of the arguments of stages that mingo then runs; it takes almost anything, and fails with its own texts. */
type Stage = (source: Iterator, spec: unknown, options: Options) => Iterator;
type Check = (spec: unknown) => void;

const NOT_IN_FACET = ['$facet', '$out', '$merge', '$documents', '$collStats', '$indexStats', '$geoNear'];

function facetName(name: string): void {
  if (name === '') throw new ServerError(15998, 'FieldPath field names may not be empty strings.');
  if (name.startsWith('$')) {
    throw new ServerError(16410, `FieldPath field names may not start with '$'. Given: '${name}'`);
  }
  if (name.includes('.')) {
    throw new ServerError(16412, `FieldPath field names may not contain '.'. Given: '${name}'`);
  }
}

const facet: Check = (spec) => {
  if (!isDocument(spec) || Object.keys(spec).length === 0) {
    throw new ServerError(40169, 'the $facet specification must be a non-empty object');
  }
  for (const [name, pipeline] of Object.entries(spec)) {
    facetName(name);
    if (!Array.isArray(pipeline)) {
      throw new ServerError(
        40170,
        `arguments to $facet must be arrays, ${name} is type ${typeName(pipeline)}`,
      );
    }
    for (const stage of pipeline as unknown[]) {
      if (!isDocument(stage)) {
        const message = `elements of arrays in $facet spec must be non-empty objects, ${name} argument contained an element of type ${typeName(stage)}`;
        throw new ServerError(40171, message);
      }
      const wrong = Object.keys(stage).find((operator) => NOT_IN_FACET.includes(operator));
      if (wrong) {
        throw new ServerError(40600, `${wrong} is not allowed to be used within a $facet stage`);
      }
    }
  }
};

function addedFields(stage: string): Check {
  return (spec) => {
    if (!isDocument(spec)) {
      throw new ServerError(40272, `${stage} specification stage must be an object, got ${typeName(spec)}`);
    }
    if (Object.keys(spec).length === 0) {
      const message = `Invalid ${stage} :: caused by :: specification must have at least one field`;
      throw new ServerError(40177, message);
    }
    Object.keys(spec).forEach(fieldPath);
  };
}

function fieldPath(path: string): void {
  if (path === '') throw new ServerError(40352, 'FieldPath cannot be constructed with empty string');
  if (path.endsWith('.')) throw new ServerError(40353, "FieldPath must not end with a '.'.");
  for (const part of path.split('.')) {
    if (part === '') throw new ServerError(15998, 'FieldPath field names may not be empty strings.');
    if (!part.startsWith('$')) continue;
    throw new ServerError(16410, `FieldPath field names may not start with '$'. Given: '${part}'`);
  }
}

const unset: Check = (spec) => {
  if (typeof spec !== 'string' && !Array.isArray(spec)) {
    const message = '$unset specification must be a string or an array';
    throw new ServerError(31002, message);
  }
  const paths: unknown[] = Array.isArray(spec) ? spec : [spec];
  if (paths.length === 0) {
    throw new ServerError(31119, '$unset specification must be a string or an array with at least one field');
  }
  for (const path of paths) {
    if (typeof path !== 'string') {
      throw new ServerError(
        31120,
        '$unset specification must be a string or an array containing only string values',
      );
    }
    fieldPath(path);
  }
};

const fill: Check = (spec) => {
  if (!isDocument(spec)) {
    const message = `The $fill stage specification must be an object, found ${typeName(spec)}`;
    throw new ServerError('FailedToParse', message);
  }
  const known = ['output', 'sortBy', 'partitionBy', 'partitionByFields'];
  const unknown = Object.keys(spec).find((name) => !known.includes(name));
  if (unknown) {
    throw new ServerError('IDLFailedToParse', `BSON field '$fill.${unknown}' is an unknown field.`);
  }
  const { output } = spec;
  if (output === undefined) {
    const message = "BSON field '$fill.output' is missing but a required field";
    throw new ServerError('IDLMissingField', message);
  }
  if (!isDocument(output)) {
    const message = `BSON field '$fill.output' is the wrong type '${typeName(output)}', expected type 'object'`;
    throw new ServerError('TypeMismatch', message);
  }
  for (const [name, field] of Object.entries(output)) {
    if (isDocument(field) && ('value' in field || 'method' in field)) continue;
    const message = `$fill needs { value: ... } for '${name}', found ${shellText(field)}`;
    throw new ServerError('FailedToParse', message);
  }
};

const unionWith: Check = (spec) => {
  if (typeof spec === 'string') return;
  if (!isDocument(spec)) {
    const message = `the $unionWith stage specification must be an object or string, but found ${typeName(spec)}`;
    throw new ServerError('FailedToParse', message);
  }
  const unknown = Object.keys(spec).find((name) => name !== 'coll' && name !== 'pipeline');
  if (unknown) {
    throw new ServerError('IDLFailedToParse', `BSON field '$unionWith.${unknown}' is an unknown field.`);
  }
  const { coll, pipeline } = spec;
  if (coll !== undefined && typeof coll !== 'string') {
    const message = `BSON field '$unionWith.coll' is the wrong type '${typeName(coll)}', expected type 'string'`;
    throw new ServerError('TypeMismatch', message);
  }
  if (pipeline !== undefined && !(Array.isArray(pipeline) && pipeline.every(isDocument))) {
    const message = "BSON field '$unionWith.pipeline' has to be an array of stages";
    throw new ServerError('TypeMismatch', message);
  }
  const first = pipeline?.[0];
  if (coll === undefined && !(first && '$documents' in first)) {
    const message =
      '$unionWith stage without explicit collection must have a pipeline with $documents as first stage';
    throw new ServerError('FailedToParse', message);
  }
};

const CHECKS: Record<string, Check> = {
  $facet: facet,
  $addFields: addedFields('$addFields'),
  $set: addedFields('$set'),
  $unset: unset,
  $fill: fill,
  $unionWith: unionWith,
};

/** These stages, each behind its check. */
export function withShapes(stages: Record<string, Stage>): Record<string, Stage> {
  const checked = Object.entries(CHECKS).map(([name, check]): [string, Stage] => [
    name,
    (source, spec, options) => {
      check(spec);
      return stages[name]!(source, spec, options);
    },
  ]);
  return Object.fromEntries(checked);
}
