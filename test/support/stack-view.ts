import type { Template } from 'aws-cdk-lib/assertions';

export const stockFunctions = [
  'checkstockprice',
  'generatebuysellrecommendation',
  'checkmarkethours',
  'buystock',
  'sellstock',
];
export const allFunctions = [...stockFunctions, 'orchestrator'];
export const withMongodb = ['orchestrator', 'buystock', 'sellstock'];

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

export const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

/** The logical id of the resource of a type whose id begins so. */
export function idOf(template: Template, type: string, prefix: string): string {
  const ids = Object.keys(template.findResources(type)).filter((id) => id.startsWith(prefix));
  expect(ids).toHaveLength(1);
  return ids[0]!;
}

export const functionId = (template: Template, prefix: string) =>
  idOf(template, 'AWS::Lambda::Function', prefix);

/** What the role of a function may do: every statement of every policy of it. */
export function statements(template: Template, prefix: string): Statement[] {
  const role = idOf(template, 'AWS::IAM::Role', `${prefix}role`);
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => {
    const { Roles, PolicyDocument } = Properties as {
      Roles: { Ref: string }[];
      PolicyDocument: { Statement: Statement[] };
    };
    return Roles.some(({ Ref }) => Ref === role) ? PolicyDocument.Statement : [];
  });
}

/** The same as pairs of action and resource, without what every function has: its own logs, and X-Ray. */
export function permissions(template: Template, prefix: string): [string, unknown][] {
  return statements(template, prefix).flatMap(({ Action, Resource }) => {
    const actions = [Action].flat().filter((action) => !/^(logs|xray):/.test(action));
    return actions.flatMap((action) => [Resource].flat().map((to): [string, unknown] => [action, to]));
  });
}
