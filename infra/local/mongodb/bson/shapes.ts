import { refuse, ServerError } from '../errors.ts';
import { isDocument, toNumber, typeName, type Doc } from './values.ts';

// Checks of the fields of commands, options and stages, with the errors of the server's own parser.

type Expected = 'object' | 'string' | 'array' | 'long';

/** Refuses unknown fields. `name` is that of the command or stage that has the fields. */
export function checkKnown(spec: Doc, known: string[], name: string): void {
  const unknown = Object.keys(spec).find((field) => !known.includes(field));
  if (unknown === undefined) return;
  refuse('IDLFailedToParse', `BSON field '${name}.${unknown}' is an unknown field.`);
}

export function wrongType(name: string, value: unknown, expected: Expected): ServerError {
  const given = typeName(value);
  const message = `BSON field '${name}' is the wrong type '${given}', expected type '${expected}'`;
  return new ServerError('TypeMismatch', message);
}

export function missingField(name: string): ServerError {
  return new ServerError('IDLMissingField', `BSON field '${name}' is missing but a required field`);
}

/** An optional field that must be a document. */
export function documentField(body: Doc, field: string, name: string): Doc | undefined {
  const value = body[field] ?? undefined;
  if (value === undefined || isDocument(value)) return value;
  throw wrongType(`${name}.${field}`, value, 'object');
}

/** A required field that must be a string. */
export function textField(body: Doc, field: string, name: string): string {
  const value = body[field];
  if (typeof value === 'string') return value;
  throw wrongType(`${name}.${field}`, value, 'string');
}

/** A required field that must be an array of documents. */
export function listField(body: Doc, field: string, name: string): Doc[] {
  const value = body[field];
  if (value === undefined) throw missingField(`${name}.${field}`);
  if (!Array.isArray(value)) throw wrongType(`${name}.${field}`, value, 'array');
  const wrong = value.findIndex((item) => !isDocument(item));
  if (wrong !== -1) throw wrongType(`${name}.${field}.${wrong}`, value[wrong], 'object');
  return value as Doc[];
}

/** The same, optional. */
export function optionalListField(body: Doc, field: string, name: string): Doc[] | undefined {
  return body[field] === undefined || body[field] === null ? undefined : listField(body, field, name);
}

/** An optional number. */
export function numberOption(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = toNumber(value);
  if (number !== undefined) return number;
  refuse(
    'TypeMismatch',
    `BSON field '${name}' is the wrong type '${typeName(value)}', expected types '[long, int, decimal, double]'`,
  );
}
