import * as z from 'zod';
import { commands } from '../../orchestrator/commands.ts';

interface Schema {
  type?: string;
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: string[];
  const?: string | boolean;
  anyOf?: Schema[];
  format?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}

const toSchema = (schema: z.ZodType, io: 'input' | 'output') =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Schema;

/** The commands and answers of the protocol as tables of Markdown, from the schemas that parse them. */
export function protocolTables(): string {
  const requests = Object.entries(commands).map(([name, { does, takes, answers }]) => {
    const answer = `Answer: [${titleOf(answers)}](#answer-${titleOf(answers)}).`;
    return [`### ${name}`, `${does} ${answer}`, table(toSchema(z.object(takes), 'input'))].join('\n\n');
  });
  const answers = new Map(Object.values(commands).map(({ answers }) => [titleOf(answers), answers]));
  const replies = [...answers].map(([title, answer]) =>
    [`### Answer: ${title}`, table(toSchema(answer, 'output'))].join('\n\n'),
  );
  return [...requests, ...replies].join('\n\n').replace(/\n{3,}/g, '\n\n');
}

const titleOf = (schema: z.ZodType) => toSchema(schema, 'output').title!;

function table({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).flatMap(([name, schema]) =>
    fieldRows(name, schema, required.includes(name)),
  );
  if (rows.length === 0) return '';
  return ['| field | type | |', '| --- | --- | --- |', ...rows].join('\n');
}

function fieldRows(path: string, schema: Schema, isRequired: boolean): string[] {
  const notes = [
    schema.description,
    !isRequired && schema.default === undefined ? 'optional' : undefined,
    schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
  ].filter((note) => note !== undefined);
  const own = `| \`${path}\` | ${typeOf(schema)} | ${notes.join('; ')} |`;
  const inner = schema.anyOf?.find(({ type }) => type === 'object') ?? schema;
  const members = inner.properties ? { at: path, of: inner } : itemsOf(path, inner);
  if (!members) return [own];
  const { properties = {}, required = [] } = members.of;
  return [
    own,
    ...Object.entries(properties).flatMap(([name, member]) =>
      fieldRows(`${members.at}.${name}`, member, required.includes(name)),
    ),
  ];
}

function itemsOf(path: string, { items }: Schema): { at: string; of: Schema } | undefined {
  return items?.properties && { at: `${path}[]`, of: items };
}

function typeOf(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.enum) return schema.enum.map((value) => `\`"${value}"\``).join(', ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.format === 'date-time') return 'ISO 8601 time';
  if (schema.type === 'array')
    return `array of ${schema.items ? typeOf(schema.items) : 'values'}${range(schema)}`;
  if (schema.type === 'integer') return `integer${range(schema)}`;
  return schema.type ?? 'any JSON';
}

function range({ minimum = -Infinity, maximum = Infinity, minItems, maxItems }: Schema): string {
  const [low, high] = [minItems ?? minimum, maxItems ?? maximum];
  return Number.isSafeInteger(low) && Number.isFinite(high) && high < Number.MAX_SAFE_INTEGER
    ? `, ${low} to ${high}`
    : '';
}
