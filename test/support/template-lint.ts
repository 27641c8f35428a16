import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';

type Db = Awaited<ReturnType<typeof loadAwsServiceSpec>>;
interface Type {
  type: string;
  element?: Type;
  types?: Type[];
  reference?: { $ref: string };
  allowedValues?: unknown[];
}
type Properties = Record<string, { type: Type; required?: boolean }>;

/** A template as CloudFormation takes it. */
export interface PlainTemplate {
  Resources: Record<
    string,
    { Type: string; Properties?: Record<string, unknown>; DependsOn?: string | string[] }
  >;
  Outputs?: Record<string, unknown>;
}

/**
 * What CloudFormation's own schemas, as the CDK's maintainers publish them, say against a template: types, properties and
 * attributes that are not there, required ones that are missing, values of a wrong type or out of a list, and references
 * to nothing. One line each.
 */
export async function lint({ Resources, Outputs = {} }: PlainTemplate): Promise<string[]> {
  const db = await loadAwsServiceSpec();
  const found: string[] = [];
  for (const [id, { Type, Properties = {}, DependsOn = [] }] of Object.entries(Resources)) {
    const [spec] = db.lookup('resource', 'cloudFormationType', 'equals', Type);
    if (!spec) found.push(`${id} is no type of resource: ${Type}`);
    else found.push(...lintObject(db, Properties, spec.properties, id));
    for (const other of [DependsOn].flat())
      if (!(other in Resources)) found.push(`${id} depends on ${other}`);
  }
  return [...found, ...lintReferences(db, Resources, { Resources, Outputs })];
}

function lintObject(db: Db, value: object, properties: Properties, path: string): string[] {
  const given = value as Record<string, unknown>;
  const unknown = Object.keys(given).filter((key) => !(key in properties));
  const missing = Object.keys(properties).filter(
    (key) => properties[key]!.required && given[key] === undefined,
  );
  return [
    ...unknown.map((key) => `${path}.${key} is no property`),
    ...missing.map((key) => `${path}.${key} is missing`),
    ...Object.entries(given).flatMap(([key, child]) =>
      key in properties ? lintValue(db, child, properties[key]!.type, `${path}.${key}`) : [],
    ),
  ];
}

function lintValue(db: Db, value: unknown, type: Type, path: string): string[] {
  if (isIntrinsic(value)) return [];
  const wrong = `${path} is ${JSON.stringify(value).slice(0, 60)}, expected ${type.type}`;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  switch (type.type) {
    case 'string':
    case 'date-time':
      if (typeof value !== 'string') return [wrong];
      break;
    case 'number':
      if (typeof value !== 'number') return [wrong];
      break;
    case 'integer':
      if (!Number.isInteger(value)) return [wrong];
      break;
    case 'boolean':
      if (typeof value !== 'boolean') return [wrong];
      break;
    case 'array':
      if (!Array.isArray(value)) return [wrong];
      return value.flatMap((child, index) => lintValue(db, child, type.element!, `${path}[${index}]`));
    case 'map':
      if (!isObject) return [wrong];
      return Object.entries(value).flatMap(([key, child]) =>
        lintValue(db, child, type.element!, `${path}.${key}`),
      );
    case 'ref': {
      if (!isObject) return [wrong];
      const { properties } = db.get('typeDefinition', type.reference!.$ref);
      return lintObject(db, value, properties, path);
    }
    case 'union': {
      const each = type.types!.map((one) => lintValue(db, value, one, path));
      return each.some((problems) => problems.length === 0) ? [] : each[0]!;
    }
  }
  const { allowedValues } = type;
  const isAllowed = !allowedValues || allowedValues.includes(value);
  return isAllowed
    ? []
    : [`${path} is ${JSON.stringify(value)}, expected one of ${allowedValues.join(', ')}`];
}

function isIntrinsic(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const [key = '', ...others] = Object.keys(value);
  return others.length === 0 && (key === 'Ref' || key.startsWith('Fn::'));
}

function lintReferences(db: Db, resources: PlainTemplate['Resources'], value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string] };
  if (isIntrinsic(value) && Ref !== undefined) {
    return Ref in resources || Ref.startsWith('AWS::') ? [] : [`Ref of ${Ref}, which is not there`];
  }
  if (isIntrinsic(value) && attribute) {
    const [id, name] = attribute;
    const [spec] = db.lookup('resource', 'cloudFormationType', 'equals', resources[id]?.Type ?? '');
    return spec && name in spec.attributes ? [] : [`Fn::GetAtt of ${id}.${name}, which is not there`];
  }
  return Object.values(value).flatMap((child) => lintReferences(db, resources, child));
}
