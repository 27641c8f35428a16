import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack, Validations, type App, type AppProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { buildApp } from '../../infra/build-app.ts';
import { root, temporaryFolder } from './local-app.ts';

const { stages, ...unstaged } = (
  JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as {
    context: Record<string, unknown> & { stages: Record<string, Record<string, unknown>> };
  }
).context;

/** What cdk.json has: what every stage shares, and the stages. */
export const cdkContext: Record<string, unknown> = unstaged;
export const cdkStages = stages;

/** A network as a user would name it. */
export const network = {
  vpcId: 'vpc-0123456789abcdef0',
  subnetIds: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1',
  securityGroupIds: 'sg-0123456789abcdef0',
};

const folders: ReturnType<typeof temporaryFolder>[] = [];
afterAll(() => {
  for (const folder of folders) folder.remove();
});

/** The app with some keys changed, without its bundles, which take seconds. */
export function appWith(change: Record<string, unknown> = {}, props: AppProps = {}): App {
  const folder = temporaryFolder();
  folders.push(folder);
  const context = { ...cdkContext, ...change, 'aws:cdk:bundling-stacks': [] };
  return buildApp({ outdir: folder.path, context, ...props });
}

export function templateWith(change: Record<string, unknown> = {}): Template {
  return Template.fromStack(stackOf(appWith(change)));
}

/** The app's stack, whatever its stage. */
export function stackOf(app: App): Stack {
  return app.node.children.find((child) => Stack.isStack(child)) as Stack;
}

/** Every rule that the app acknowledges, by the path of the construct. */
export function acknowledgements(app: App): { path: string; id: string; reason: string }[] {
  const key = Validations.ACKNOWLEDGED_RULES_METADATA_KEY;
  return app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === key)
      .flatMap(({ data }) =>
        Object.entries(data as Record<string, string>).map(([id, reason]) => ({
          path: node.path,
          id,
          reason,
        })),
      ),
  );
}
