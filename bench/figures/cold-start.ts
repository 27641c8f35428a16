import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { synthesize } from '../../infra/local/synthesize.ts';
import { readStack } from '../../infra/local/template.ts';
import { startAwsEndpoint } from '../support/aws-endpoint.ts';
import type { RunningBackend } from '../support/running-backend.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const child = join(here, 'cold-child.js');

/** One cold start: milliseconds to load the bundle and to reach the first step (for the driver: its first answer). */
export interface ColdStart {
  loadMs: number;
  firstStepMs: number;
  peakMemoryMb: number;
}

interface ChildReport {
  began: number;
  loadMs: number;
  reachedAt?: number;
  peakMemoryMb: number;
}

/** Where a bundle's answers must be: below the project, because external packages are found from there. */
const folder = join(root, '.local', 'bench');

/** The driver alone: load, connect, one command. What every contestant on MongoDB has to pay, and no more. */
export const driverEntry = `
  import { MongoClient } from 'mongodb';
  export async function cold({ uri }) {
    const client = await new MongoClient(uri).connect();
    await client.db('bench').command({ ping: 1 });
    const reachedAt = performance.timeOrigin + performance.now();
    await client.close();
    return { reachedAt };
  }`;

export const contestantEntry = (name: string) => `
  import * as contestant from '${join(here, '../contestants', `${name}.ts`)}';
  import { firstStep } from '${join(here, 'cold-entry.ts')}';
  export const cold = ({ uri }) => firstStep(contestant, uri);`;

/** A bundle made as the product's are. */
export async function bundle(name: string, contents: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    stdin: { contents, resolveDir: join(here, '..'), loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    external: ['@aws-sdk/*', 'pg-native', '@opentelemetry/*', '@dbos-inc/dbos-enterprise'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return outfile;
}

/** A cold start of a bundle that answers by itself when it has got there. */
export async function coldStart(file: string, uri: string): Promise<ColdStart> {
  const report = await run([child, file, 'cold', JSON.stringify({ uri })], process.env);
  return toColdStart(report, report.reachedAt!);
}

/** Cold starts of the orchestrator's real bundle, with the environment that the stack gives it. */
export async function orchestratorColdStarts(backend: RunningBackend, nodeArgs: string[] = []) {
  const stack = readStack(await synthesize(root, join(root, '.local', 'assembly')));
  const { file, exportName, environment, memoryMb } = stack.functions.find(
    ({ name }) => name === stack.schedule.functionName,
  )!;
  const aws = await startAwsEndpoint(backend.uri);
  const env = {
    ...environment,
    PATH: process.env['PATH'],
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'LOCAL',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: aws.url,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    // The other bundles have no source map to read either.
    NODE_OPTIONS: '',
  };
  return {
    /** What the Lambda is deployed with. */
    memoryMb,
    async once(): Promise<ColdStart> {
      const report = await run([...nodeArgs, child, file, exportName, '{"symbols":["AMZN"]}'], env);
      return toColdStart(report, aws.firstInvocation()!);
    },
    close: () => aws.close(),
  };
}

const toColdStart = ({ began, loadMs, peakMemoryMb }: ChildReport, reachedAt: number): ColdStart => ({
  loadMs,
  firstStepMs: reachedAt - began,
  peakMemoryMb,
});

async function run(args: string[], env: NodeJS.ProcessEnv): Promise<ChildReport> {
  const process_ = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  process_.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  process_.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  await once(process_, 'close');
  if (!output)
    throw new Error(`a cold start of ${args.at(-3)} ended without an answer: ${complaint.slice(-2000)}`);
  // The last line is the answer; a bundle may log before it.
  return JSON.parse(output.trim().split('\n').pop()!) as ChildReport;
}
