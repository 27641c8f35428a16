import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { synthesize } from '../../infra/local/synthesize.ts';
import type { Report } from '../../orchestrator/protocol/report.ts';
import { answerOf, assemblyDir, errorOf, root, startTestApp } from '../support/local-app.ts';

interface Policy {
  Type: string;
  Properties: { PolicyDocument?: { Statement: { Action: string | string[]; Resource: unknown }[] } };
}

const changed = join(root, '.local', `assembly-changed-${process.pid}`);
afterEach(() => rmSync(changed, { recursive: true, force: true }));

/** The app from its template without the statements of one role that name an action and a resource. */
async function startWithout(role: string, action: string, resource: string) {
  cpSync(await synthesize(root, assemblyDir), changed, { recursive: true });
  const path = join(changed, 'OrbitsTrader.template.json');
  const template = JSON.parse(readFileSync(path, 'utf8')) as { Resources: Record<string, Policy> };
  let removed = 0;
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    const document = Properties.PolicyDocument;
    if (Type !== 'AWS::IAM::Policy' || !document || !id.startsWith(role)) continue;
    const kept = document.Statement.filter(
      (statement) => statement.Action !== action || !JSON.stringify(statement.Resource).includes(resource),
    );
    removed += document.Statement.length - kept.length;
    document.Statement = kept;
  }
  expect(removed).toBe(1);
  writeFileSync(path, JSON.stringify(template));
  return startTestApp({ assembly: changed });
}

describe("what the template's policies don't allow", () => {
  test('fails with AccessDeniedException where a function is invoked', async () => {
    const app = await startWithout('orchestrator', 'lambda:InvokeFunction', 'checkstockprice');
    try {
      const { runs } = answerOf<Report>(await app.invoke(app.orchestrator, {}));
      expect(runs[0]!.state).toBe('ERROR');
      expect(runs[0]!.error!.message).toMatch(
        /AccessDeniedException.*OrbitsTrader-orchestrator is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:.*:OrbitsTrader-check-stock-price /,
      );
      expect(runs[0]!.steps[0]!.attempts).toBe(1);
    } finally {
      await app.close();
    }
  });

  test.each([
    ['orchestrator', {}],
    ['buy-stock', { symbol: 'AMZN', stock_price: '1.00', qty: 1, idempotencyKey: 'k' }],
  ])('fails with AccessDeniedException where %s reads the secret', async (name, event) => {
    const role = name.replace('-', '');
    const app = await startWithout(role, 'secretsmanager:GetSecretValue', 'orbits-trader/mongodb');
    try {
      const { errorType, errorMessage } = errorOf(await app.invoke(`OrbitsTrader-${name}`, event));
      expect(errorType).toBe('GetParameterError');
      expect(errorMessage).toMatch(/not authorized to perform: secretsmanager:GetSecretValue/);
    } finally {
      await app.close();
    }
  });

  test('is refused to the functions that need nothing, by the API itself', async () => {
    const app = await startTestApp();
    try {
      const answer = await fetch(app.endpoint, {
        method: 'POST',
        headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' },
        body: JSON.stringify({ SecretId: 'orbits-trader/mongodb' }),
      });
      expect(answer.headers.get('x-amzn-errortype')).toBe('AccessDeniedException');
    } finally {
      await app.close();
    }
  });
});
