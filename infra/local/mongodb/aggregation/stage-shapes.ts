import type { Iterator } from 'mingo/lazy';
import type { Options } from 'mingo/types';
import { shellText } from '../bson/shell-text.ts';
import { isDocument, typeName } from '../bson/values.ts';
import { refuse } from '../errors.ts';

/** Checks of the arguments of stages that mingo then runs; it takes almost anything, and fails with its own texts. */
type Stage = (source: Iterator, spec: unknown, options: Options) => Iterator;
type Check = (spec: unknown) => void;

const NOT_IN_FACET = ['$facet', '$out', '$merge', '$documents', '$collStats', '$indexStats', '$geoNear'];

function facetName(name: string): void {
  if (name === '') refuse(15998, 'FieldPath field names may not be empty strings.');
  if (name.startsWith('$')) refuse(16410, `FieldPath field names may not start with '$'. Given: '${name}'`);
  if (name.includes('.')) refuse(16412, `FieldPath field names may not contain '.'. Given: '${name}'`);
}

const facet: Check = (spec) => {
  if (!isDocument(spec) || Object.keys(spec).length === 0) {
    refuse(40169, 'the $facet specification must be a non-empty object');
  }
  for (const [name, pipeline] of Object.entries(spec)) {
    facetName(name);
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
  for (const part of path.split('.')) {
    if (part === '') refuse(15998, 'FieldPath field names may not be empty strings.');
    if (!part.startsWith('$')) continue;
    refuse(16410, `FieldPath field names may not start with '$'. Given: '${part}'`);
  }
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
  const known = ['output', 'sortBy', 'partitionBy', 'partitionByFields'];
  const unknown = Object.keys(spec).find((name) => !known.includes(name));
  if (unknown) refuse('IDLFailedToParse', `BSON field '$fill.${unknown}' is an unknown field.`);
  const { output } = spec;
  if (output === undefined) {
    refuse('IDLMissingField', "BSON field '$fill.output' is missing but a required field");
  }
  if (!isDocument(output)) {
    const message = `BSON field '$fill.output' is the wrong type '${typeName(output)}', expected type 'object'`;
    refuse('TypeMismatch', message);
  }
  for (const [name, field] of Object.entries(output)) {
    if (isDocument(field) && ('value' in field || 'method' in field)) continue;
    refuse('FailedToParse', `$fill needs { value: ... } for '${name}', found ${shellText(field)}`);
  }
};

const unionWith: Check = (spec) => {
  if (typeof spec === 'string') return;
  if (!isDocument(spec)) {
    const message = `the $unionWith stage specification must be an object or string, but found ${typeName(spec)}`;
    refuse('FailedToParse', message);
  }
  const unknown = Object.keys(spec).find((name) => name !== 'coll' && name !== 'pipeline');
  if (unknown) refuse('IDLFailedToParse', `BSON field '$unionWith.${unknown}' is an unknown field.`);
  const { coll, pipeline } = spec;
  if (coll !== undefined && typeof coll !== 'string') {
    const message = `BSON field '$unionWith.coll' is the wrong type '${typeName(coll)}', expected type 'string'`;
    refuse('TypeMismatch', message);
  }
  if (pipeline !== undefined && !(Array.isArray(pipeline) && pipeline.every(isDocument))) {
    refuse('TypeMismatch', "BSON field '$unionWith.pipeline' has to be an array of stages");
  }
  const first = pipeline?.[0];
  if (coll === undefined && !(first && '$documents' in first)) {
    const message =
      '$unionWith stage without explicit collection must have a pipeline with $documents as first stage';
    refuse('FailedToParse', message);
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
