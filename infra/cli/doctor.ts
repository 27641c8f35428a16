import { fileURLToPath } from 'node:url';
import { toContext, UsageError } from '../local/options.ts';
import type { Done } from './command.ts';
import type { Where } from './command-line.ts';
import { withoutUris } from './dead-letters-letter.ts';
import { Deployment, DeploymentError, type DeployedFunction } from './deployment.ts';
import { differencesOfFunction, differencesOfSchedules, type Difference } from './doctor-compare.ts';
import { configuredIn, type Configured } from './doctor-configured.ts';
import { columns } from './table.ts';
import { fit } from './text.ts';

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
const ORCHESTRATOR = 'orchestrator';

/**
 * `npm run trader -- doctor`: compares what is deployed with what is configured here, and shows no secret.
 */
export async function runDoctor(
  values: Record<string, unknown>,
  { functionName }: Where,
  root = projectRoot,
): Promise<Done> {
  if (!functionName) {
    throw new UsageError(
      'The doctor compares a deployment with the configuration: give --function NAME. The local run always has the configuration.',
    );
  }
  const configured = configuredIn(root, toContext((values['context'] as string[] | undefined) ?? []));
  const deployment = new Deployment(functionName);
  try {
    const differences = (await differencesOf(deployment, configured)).map(withoutSecret);
    return told(differences, functionName, configured, values['json'] === true);
  } finally {
    deployment.close();
  }
}

async function differencesOf(
  deployment: Deployment,
  { functions, schedules }: Configured,
): Promise<Difference[]> {
  const orchestrator = await deployment.functionNamed();
  const others = Object.keys(functions).filter((name) => name !== ORCHESTRATOR);
  if (!others.some((name) => variableOf(name) in orchestrator.environment)) {
    throw new DeploymentError(
      `${deployment.name} is no orchestrator: it has no variable ${others.map(variableOf).join(', ')}. Its name is the stack's output OrchestratorName.`,
    );
  }
  const differences = differencesOfFunction(ORCHESTRATOR, orchestrator, functions[ORCHESTRATOR]!);
  for (const name of others) {
    const physicalName = orchestrator.environment[variableOf(name)];
    // Without the name, the orchestrator's own difference says so.
    if (physicalName === undefined) continue;
    const found = await readOrSay(deployment, physicalName);
    differences.push(
      ...(typeof found === 'string'
        ? [{ where: name, setting: 'function', deployed: found, configured: 'deployed' }]
        : differencesOfFunction(name, found, functions[name]!)),
    );
  }
  const destination = await deployment.failureDestination();
  if (destination === undefined) {
    const setting = 'queue of failed ticks';
    differences.push({
      where: ORCHESTRATOR,
      setting,
      deployed: 'not set',
      configured: '(set by a deployment)',
    });
  }
  return [
    ...differences,
    ...differencesOfSchedules(await deployment.schedulesOf(orchestrator.arn), schedules),
  ];
}

async function readOrSay(deployment: Deployment, name: string): Promise<DeployedFunction | string> {
  try {
    return await deployment.functionNamed(name);
  } catch (error) {
    if (error instanceof DeploymentError) return error.message;
    throw error;
  }
}

/** A URL of the configuration may have a password too. */
const withoutSecret = (found: Difference): Difference => ({
  ...found,
  deployed: withoutUris(found.deployed),
  configured: withoutUris(found.configured),
});

/** The variable under which the orchestrator finds a function. */
const variableOf = (name: string) => `FUNCTION_${name.toUpperCase().replaceAll('-', '_')}`;

function told(
  differences: Difference[],
  name: string,
  { functions, schedules }: Configured,
  json: boolean,
): Done {
  const rows = differences.map(({ where, setting, deployed, configured }) => [
    where,
    setting,
    fit(deployed, 60),
    fit(configured, 60),
  ]);
  if (differences.length === 0) {
    const what = `${Object.keys(functions).length} functions and ${schedules.length} schedules compared`;
    const output = json ? '[]\n' : `${name} is deployed as it is configured here; ${what}\n`;
    return { output };
  }
  const table = columns(['WHERE', 'SETTING', 'DEPLOYED', 'CONFIGURED HERE'], rows);
  return {
    problem: `${differences.length} settings of ${name} are not as they are configured here. npx cdk deploy takes what is in cdk.json, and -c where it is given again.`,
    output: json ? `${JSON.stringify(differences)}\n` : `${table.join('\n')}\n`,
  };
}
