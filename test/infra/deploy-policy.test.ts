import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { root } from '../support/local-app.ts';
import { network, templateWith } from '../support/stack-template.ts';

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const policy = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().regex(/^\w+$/),
      Effect: z.literal('Allow'),
      Action: oneOrMore,
      Resource: oneOrMore,
      Condition: z.unknown().optional(),
    }),
  ),
});
const text = readFileSync(join(root, 'docs', 'deploy.md'), 'utf8');
const policies = [...text.matchAll(/```json\n(\{.*?\n\})\n```/gs)].map(([, json]) =>
  policy.parse(JSON.parse(json!)),
);
const [deployer, execution] = policies;

test('docs/deploy.md has two policies to copy: of who deploys, and of CloudFormation', () => {
  expect(policies).toHaveLength(2);
  expect(deployer!.Statement[0]!.Action).toEqual(['sts:AssumeRole']);
});

test('CloudFormation may make every type of resource that the template has', () => {
  const templates = [
    templateWith(),
    templateWith({
      ...network,
      alarmEmail: 'a@example.com',
      notificationEmail: 'a@example.com',
      shards: '2',
    }),
  ];
  const types = templates.flatMap((template) =>
    Object.values(template.toJSON()['Resources'] as Record<string, { Type: string }>).map(({ Type }) => Type),
  );
  const services = new Set(types.map((type) => type.split('::')[1]!.toLowerCase()));
  const allowed = new Set(
    execution!.Statement.flatMap(({ Action }) => Action.map((action) => action.split(':')[0]!)),
  );
  expect([...services].filter((service) => !allowed.has(service))).toEqual([]);
  expect(services.size).toBeGreaterThan(5);
});

test('roles of the stack, and no others, may be made and passed', () => {
  const withRoles = execution!.Statement.filter(({ Action }) =>
    Action.some((action) => action.startsWith('iam:')),
  );
  expect(withRoles.map(({ Resource }) => Resource)).toEqual([['arn:aws:iam::ACCOUNT:role/OrbitsTrader*']]);
  const actions = withRoles.flatMap(({ Action }) => Action);
  for (const verb of ['CreateRole', 'DeleteRole', 'PutRolePolicy', 'DeleteRolePolicy', 'PassRole']) {
    expect(actions).toContain(`iam:${verb}`);
  }
});
