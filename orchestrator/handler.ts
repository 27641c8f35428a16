import { getSecret } from '@aws-lambda-powertools/parameters/secrets';
import { Logger } from '@aws-lambda-powertools/logger';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { Context } from 'aws-lambda';
import { LambdaInvoker } from './actions/lambda-invoker.ts';
import { useInvoker } from './actions/invoke-function-action.ts';
import { readConfig, type Config } from './config.ts';
import { connectedApp, type AppOptions } from './durable/app.ts';
import { Runner } from './durable/runner.ts';
import { parseEvent } from './event.ts';
import { registry } from './registry.ts';
import type { Report } from './report.ts';
import { RunLog } from './run-log.ts';
import { runTick, toTick } from './tick.ts';

const log = new RunLog(new Logger({ serviceName: 'orchestrator' }));
const config = readConfig(process.env);

/** The functions' own limit, and what passes before Lambda says that it was reached. */
const INVOKE_TIMEOUT_MS = 12_000;
/** With a margin for the writes after it. */
const STEP_MS = INVOKE_TIMEOUT_MS + 3_000;

// Without `throwOnRequestTimeout` the SDK only warns of an answer that never comes.
const requestHandler = {
  connectionTimeout: 3_000,
  requestTimeout: INVOKE_TIMEOUT_MS,
  throwOnRequestTimeout: true,
};
// One attempt: retries are the workflow's own, and the SDK's would multiply with them.
const lambda = new LambdaClient({ maxAttempts: 1, requestHandler });
useInvoker(new LambdaInvoker(lambda, (contractName) => config.physicalName(contractName)));

/** The orchestrator: an event in, a report out. */
export async function handler(payload: unknown, context: Context): Promise<Report> {
  const event = parseEvent(payload);
  const tick = toTick(event, config, context.awsRequestId, new Date());
  const app = await connectedApp(() => appOptions(config));
  const time = { remainingMs: () => context.getRemainingTimeInMillis(), stepMs: STEP_MS };
  return runTick(tick, config, new Runner(app, log, time), log);
}

async function appOptions({ secretId, database, historyDays }: Config): Promise<AppOptions> {
  const uri = await getSecret(secretId, { maxAge: 60 });
  if (typeof uri !== 'string' || uri === '') {
    throw new Error(`The secret ${secretId} holds no text; store the MongoDB URI in it.`);
  }
  return { declare: registry, uri, database, historyDays };
}
