import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Contestant } from './contestant.ts';

const require = createRequire(import.meta.url);
const product = createRequire(new URL('../../package.json', import.meta.url));

function version(name: string, from = require): string {
  const folder = from.resolve.paths(name)!.find((path) => existsSync(`${path}/${name}/package.json`));
  if (!folder) throw new Error(`${name} is not installed: run npm ci --prefix bench`);
  return (JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')) as { version: string }).version;
}

const localRunner =
  'its local test runner keeps executions in memory; the service that keeps them runs on AWS alone';

/** Every contestant, by the name of its file. */
export const contestants: Record<string, Contestant> = {
  'orbits-trader': {
    title: 'Orbits Trader',
    package: 'this project',
    backend: 'store',
    missing: {},
    billing: { invocations: 1 },
  },
  orbits: {
    title: "Orbits' own step engine",
    package: `@wbce/orbits-core ${version('@wbce/orbits-core', product)}`,
    backend: 'store with transactions',
    slowness: 10,
    missing: {
      bytes: 'a long run of it takes too long: each step waits for polls',
      cost: 'its workers poll in a standing process, which is priced by the hour and not by the run',
      resume: 'it resumes children without awaiting them, and only its polling workers find what was left',
    },
    billing: { invocations: 0 },
  },
  'aws-durable': {
    title: "AWS's durable execution SDK",
    package: `@aws/durable-execution-sdk-js ${version('@aws/durable-execution-sdk-js')}, local test runner`,
    backend: 'none',
    missing: {
      commands: `${localRunner}, so that nothing goes over a wire; it is billed by the operation, see the cost`,
      bytes: localRunner,
      growth: localRunner,
      'cold-start': 'its local test runner would be loaded too, which no Lambda does',
    },
    billing: { invocations: 1, durableOperations: 4 },
  },
  openworkflow: {
    title: 'openworkflow',
    package: `openworkflow ${version('openworkflow')}`,
    backend: 'postgres',
    maxSteps: 1000,
    missing: { cost: 'its worker is a standing process, which is priced by the hour and not by the run' },
    billing: { invocations: 0 },
  },
  dbos: {
    title: 'DBOS',
    package: `@dbos-inc/dbos-sdk ${version('@dbos-inc/dbos-sdk')}`,
    backend: 'postgres',
    missing: {
      cost: 'it is a standing process, which is priced by the hour and not by the run',
      resume: 'it recovers what another process left only as a part of its start',
    },
    billing: { invocations: 0 },
  },
};
