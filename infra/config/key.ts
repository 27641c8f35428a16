import * as z from 'zod';

/** What a key has in addition to its schema. */
interface KeyNotes {
  /** The last column of the table in docs/configuration.md. */
  does: string;
  /** The default of a key whose schema has none, because it matters whether the key was set. */
  default?: string;
  /** The default in a stage, for a name that two stages must not share. */
  inStage?: (stage: string) => string;
  /** Keys that this one replaces, if a lower layer sets them. */
  replaces?: string[];
  /** The orchestrator's variable that carries the value. */
  variable?: string;
  /** The value as that variable has it; undefined if the variable is not set. */
  toVariable?: (value: z.$output) => string | undefined;
}

const registry = z.registry<KeyNotes>();

export type Keys = Record<string, z.ZodType>;

/** Declares a key. What it takes is the description of its schema. */
export function key<Schema extends z.ZodType>(
  schema: Schema,
  notes: z.core.$replace<KeyNotes, Schema>,
): Schema {
  registry.add(schema, notes);
  return schema;
}

export function notesOf(schema: z.ZodType): z.core.$replace<KeyNotes, z.ZodType> {
  return registry.get(schema)!;
}

/** What a key takes, as the table and the errors say it. */
export function takesOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return takesOf(schema.unwrap() as z.ZodType);
  }
  return schema.description!;
}

/** The default of a key, from its schema or its notes; undefined if it has none. */
export function defaultOf(schema: z.ZodType): string | undefined {
  const own: unknown = schema.safeParse(undefined).data;
  return notesOf(schema).default ?? own?.toString();
}

/** The variables of the orchestrator that carry these keys. */
export function variablesOf(keys: Keys, values: Record<string, unknown>): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, schema] of Object.entries(keys)) {
    const { variable, toVariable = String } = notesOf(schema);
    const text = toVariable(values[name]);
    if (variable !== undefined && text !== undefined) variables[variable] = text;
  }
  return variables;
}

/** The values of only these keys. */
export function only<Some extends Keys>(keys: Some, values: z.output<z.ZodObject<Some>>) {
  const entries = Object.keys(keys).map((name) => [name, (values as Record<string, unknown>)[name]]);
  return Object.fromEntries(entries) as z.output<z.ZodObject<Some>>;
}
