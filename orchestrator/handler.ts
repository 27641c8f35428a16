import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ActionApp } from '@wbce/orbits-core';
import type { Context } from 'aws-lambda';
import { LambdaInvoker } from './actions/lambda-invoker.ts';
import { useInvoker } from './actions/invoke-function-action.ts';
import { readConfig } from './config.ts';
import { connectedApp, disconnectApp } from './durable/app.ts';
import { isAuthenticationFailure } from './durable/mongo-errors.ts';
import { Runner } from './durable/runner.ts';
import { parseEvent } from './event.ts';
import { mongodbUri } from './mongodb-uri.ts';
import { registry } from './registry.ts';
import type { Report } from './report.ts';
import { RunLog } from './run-log.ts';
import { RunMetrics } from './run-metrics.ts';
import { runTick, toTick } from './tick.ts';

const serviceName = 'orchestrator';
const logger = new Logger({ serviceName });
const log = new RunLog(logger, new RunMetrics(new Metrics({ serviceName })));
const tracer = new Tracer({ serviceName, captureHTTPsRequests: false });
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
const lambda = tracer.captureAWSv3Client(new LambdaClient({ maxAttempts: 1, requestHandler }));
useInvoker(new LambdaInvoker(lambda, (contractName) => config.physicalName(contractName)));
const secrets = new SecretsProvider({
  awsSdkV3Client: tracer.captureAWSv3Client(new SecretsManagerClient()),
});

/** The orchestrator: an event in, a report out. */
export async function handler(payload: unknown, context: Context): Promise<Report> {
  logger.addContext(context);
  const event = parseEvent(payload);
  const tick = toTick(event, config, context.awsRequestId, new Date());
  const time = { remainingMs: () => context.getRemainingTimeInMillis(), stepMs: STEP_MS };
  return withApp((app) => runTick(tick, config, new Runner(app, log, time), log));
}

/**
 * Works with the app of this process. Where MongoDB refuses the password, the secret is read again and the work done
 * once more, which its keys make harmless: a password that was rotated needs no deployment.
 */
async function withApp(work: (app: ActionApp) => Promise<Report>): Promise<Report> {
  try {
    return await work(await connect());
  } catch (error) {
    if (!isAuthenticationFailure(error)) throw error;
    logger.warn('MongoDB refused the credentials; they are read again');
    await disconnectApp();
    return work(await connect({ freshSecret: true }));
  }
}

function connect({ freshSecret = false } = {}): Promise<ActionApp> {
  const { database, historyDays } = config;
  return connectedApp(async () => {
    const uri = await mongodbUri(secrets, config, freshSecret);
    return { declare: registry, uri, database, historyDays };
  });
}
