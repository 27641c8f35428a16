import * as z from 'zod';

/** One statement of an IAM policy, its resources as ARNs of this machine. */
export interface Statement {
  effect: 'Allow' | 'Deny';
  actions: string[];
  resources: string[];
}

const list = <T extends z.ZodType>(member: T) => z.union([z.array(member), member.transform((one) => [one])]);

/** An IAM policy as CloudFormation has it. */
export const policyDocument = z.object({
  Statement: z.array(
    z.strictObject({
      Effect: z.enum(['Allow', 'Deny']),
      Action: list(z.string()),
      Resource: list(z.unknown()),
      Condition: z.unknown().optional(),
    }),
  ),
});

/** Whether statements allow an action on a resource; as in IAM, what no statement allows is denied. */
export function isAllowed(statements: Statement[], action: string, resource: string): boolean {
  const concerned = statements.filter(
    ({ actions, resources }) =>
      actions.some((pattern) => matches(pattern, action)) &&
      resources.some((pattern) => matches(pattern, resource)),
  );
  return concerned.length > 0 && concerned.every(({ effect }) => effect === 'Allow');
}

/** IAM's wildcards: `*` for any number of characters, `?` for one. */
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(text);
}
