import { toContext, UsageError } from '../../local/options.ts';
import { DeploymentError } from '../asked.ts';
import type { Context, Done } from '../command.ts';
import { Deployment, type DeployedFunction } from '../deployment.ts';
import { columns } from '../table.ts';
import { fit } from '../../local/text.ts';
import { withoutUris } from '../without-uris.ts';
import { differencesOfFunction, differencesOfSchedules, type Difference } from './compare.ts';
import { configuredWith, type Configured } from './configured.ts';

const ORCHESTRATOR = 'orchestrator';

/**
 * `npm run trader -- doctor`: compares what is deployed with what is configured here. It shows no secrets.
 *
 * @param keys keys of the configuration, each `KEY=VALUE`
 */
export async function runDoctor(
  keys: string[],
  { where: { functionName }, json }: Pick<Context, 'where' | 'json'>,
): Promise<Done> {
  if (!functionName) {
    throw new UsageError(
      'The doctor compares a deployment with the configuration: give --function NAME. The local run always uses the configuration.',
    );
  }
  const configured = configuredWith(toContext(keys));
  const deployment = new Deployment(functionName);
  try {
    const differences = (await differencesOf(deployment, configured)).map(withoutSecret);
    return report(differences, functionName, configured, json);
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
      `${deployment.name} is not an orchestrator: it has no variable ${others.map(variableOf).join(', ')}. The name of the orchestrator is the stack's output OrchestratorName.`,
    );
  }
  const differences = differencesOfFunction(ORCHESTRATOR, orchestrator, functions[ORCHESTRATOR]!);
  for (const name of others) {
    const physicalName = orchestrator.environment[variableOf(name)];
    // If the name is absent, the orchestrator's own differences have it.
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

/** A URL in the configuration may contain a password too. */
const withoutSecret = (found: Difference): Difference => ({
  ...found,
  deployed: withoutUris(found.deployed),
  configured: withoutUris(found.configured),
});

/** The variable under which the orchestrator finds a function. */
const variableOf = (name: string) => `FUNCTION_${name.toUpperCase().replaceAll('-', '_')}`;

function report(
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
    problem: `${differences.length} settings of ${name} are not as they are configured here. npx cdk deploy uses cdk.json, and only the -c options that you give it again.`,
    output: json ? `${JSON.stringify(differences)}\n` : `${table.join('\n')}\n`,
  };
}
