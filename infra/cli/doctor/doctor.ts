import { toContext, UsageError } from '../../local/options.ts';
import { DeploymentError } from '../asked.ts';
import type { Context, Done } from '../command.ts';
import { Deployment, type DeployedFunction } from '../deployment.ts';
import { columns } from '../table.ts';
import { fit } from '../../local/text.ts';
import { withoutUris } from '../without-uris.ts';
import { differencesOfFunction, differencesOfSchedules, type Difference } from './compare.ts';
import { configuredWith, type Configured } from './configured.ts';
import { diagnosed, findingLines, ofSchedule } from './findings.ts';

const ORCHESTRATOR = 'orchestrator';

/**
 * `npm run trader -- doctor`: what is right and wrong with a deployment or the local run, and how a deployment differs from
 * what is configured here. It shows no secrets.
 *
 * @param keys keys of the configuration, each `KEY=VALUE`
 */
export async function runDoctor(
  keys: string[],
  { where: { functionName }, json, open }: Context,
  now = new Date(),
): Promise<Done> {
  if (!functionName && keys.length > 0) {
    throw new UsageError('-c is what a deployment is compared with: give --function NAME.');
  }
  const configured = configuredWith(toContext(keys));
  const differences = functionName === undefined ? undefined : await comparedWith(functionName, configured);
  const findings = [ofSchedule(configured.schedules, now), ...(await diagnosed(open()))];
  const wrong = findings.filter(({ ok }) => !ok).map(({ about }) => about);
  const compared = differences && report(differences, functionName!, configured);
  const problems = [wrong.length > 0 && `Wrong: ${wrong.join(', ')}.`, compared?.problem].filter(Boolean);
  return {
    output: json
      ? `${JSON.stringify({ findings, ...(differences && { differences }) })}\n`
      : `${[...findingLines(findings), ...(compared?.lines ?? [])].join('\n')}\n`,
    problem: problems.length === 0 ? undefined : problems.join(' '),
  };
}

async function comparedWith(name: string, configured: Configured): Promise<Difference[]> {
  const deployment = new Deployment(name);
  try {
    return (await differencesOf(deployment, configured)).map(withoutSecret);
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
): { lines: string[]; problem?: string } {
  if (differences.length === 0) {
    const what = `${Object.keys(functions).length} functions and ${schedules.length} schedules compared`;
    return { lines: [`${name} is deployed as it is configured here; ${what}`] };
  }
  const rows = differences.map(({ where, setting, deployed, configured }) => [
    where,
    setting,
    fit(deployed, 60),
    fit(configured, 60),
  ]);
  return {
    lines: columns(['WHERE', 'SETTING', 'DEPLOYED', 'CONFIGURED HERE'], rows),
    problem: `${differences.length} settings of ${name} are not as they are configured here. npx cdk deploy uses cdk.json, and only the -c options that you give it again.`,
  };
}
