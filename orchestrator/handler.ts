import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ActionApp } from '@wbce/orbits-core';
import type { Context } from 'aws-lambda';
import {
  keepSecret,
  strike,
  strikeValue,
  withoutSecrets,
} from '../functions/shared/secrets/known-secrets.ts';
import { MongodbFailure } from '../functions/shared/secrets/mongodb-failure.ts';
import { useNotifier } from './actions/request-approval.ts';
import { LambdaInvoker } from './actions/lambda-invoker.ts';
import { useInvoker } from './actions/invoke-function-action.ts';
import { readConfig } from './config.ts';
import { connectedApp, disconnectApp } from './durable/app.ts';
import { recordError, redactErrors } from './durable/errors.ts';
import { isAuthenticationFailure, isConnectionFailure, isOfServer } from './durable/mongo-errors.ts';
import { RunControl } from './durable/run-control.ts';
import { Runner } from './durable/runner.ts';
import { parseEvent, type OrchestratorEvent } from './event.ts';
import { Ledger } from './ledger.ts';
import { mongodbAddress } from './mongodb-address.ts';
import { Notifier } from './notifier.ts';
import { Operations } from './operations.ts';
import { registry } from './registry.ts';
import type { Answer } from './report.ts';
import { Results } from './results.ts';
import { RunLog } from './run-log.ts';
import { RunMetrics } from './run-metrics.ts';
import { runTick, toTick } from './tick.ts';
import { Watchlist } from './watchlist.ts';

const serviceName = 'orchestrator';
// AWS quotes the session's token in what it says of a signature that it refuses.
keepSecret(process.env['AWS_SESSION_TOKEN'] ?? '');
redactErrors(strike);
const logger = new Logger({ serviceName, jsonReplacerFn: strikeValue });
const tracer = new Tracer({ serviceName, captureHTTPsRequests: false });
const config = readConfig(process.env);
const { notificationsTopicArn } = config;
const notifier = notificationsTopicArn === undefined ? undefined : new Notifier(notificationsTopicArn);
if (notifier) useNotifier(notifier, process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? '');
const results = new Results(notifier, (run, error) =>
  logger.warn('nobody could be told of the result', { run, error: recordError(error) }),
);
const log = new RunLog(
  logger,
  new RunMetrics(new Metrics({ serviceName }), config.symbols !== undefined),
  results,
);

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
const invoker = new LambdaInvoker(lambda, (contractName) => config.physicalName(contractName));
useInvoker(invoker);
const secrets = new SecretsProvider({
  awsSdkV3Client: tracer.captureAWSv3Client(
    new SecretsManagerClient({
      maxAttempts: 2,
      requestHandler: { ...requestHandler, requestTimeout: 3_000 },
    }),
  ),
});

/** The orchestrator: a command in, its answer out. No error that leaves it shows a secret. */
export async function handler(payload: unknown, context: Context): Promise<Answer> {
  logger.addContext(context);
  try {
    const event = parseEvent(payload);
    return await withApp((app) => answer(event, app, context));
  } catch (error) {
    throw withoutSecrets(error);
  } finally {
    await results.sent();
  }
}

function answer(event: OrchestratorEvent, app: ActionApp, context: Context): Promise<Answer> {
  const time = { remainingMs: () => context.getRemainingTimeInMillis(), stepMs: STEP_MS };
  const runner = new Runner(app, log, time);
  const operations = new Operations(new RunControl(app), runner, log, config);
  const watchlist = new Watchlist(app, config);
  switch (event.command) {
    case 'tick':
    case 'run':
      return watchlist
        .symbolsOf(event)
        .then((symbols) => toTick(event, symbols, config, context.awsRequestId, new Date()))
        .then((tick) => runTick(tick, config, runner, log));
    case 'resume':
      return operations.resume(event, context.awsRequestId);
    case 'list':
      return operations.list(event);
    case 'show':
      return operations.show(event);
    case 'approve':
    case 'reject':
      return operations.decide(event);
    case 'cancel':
      return operations.cancel(event);
    case 'retry':
      return operations.retry(event);
    case 'halt':
      return new Ledger(app, invoker).halt(event);
    case 'unhalt':
      return new Ledger(app, invoker).unhalt();
    case 'positions':
      return new Ledger(app, invoker).positions(event);
    case 'trades':
      return new Ledger(app, invoker).trades(event);
    case 'watch':
      return watchlist.watch(event);
    case 'unwatch':
      return watchlist.unwatch(event);
    case 'watchlist':
      return watchlist.list();
  }
}

/**
 * Works with the app of this process. Where MongoDB refuses the password, the secret is read again and the work done
 * once more, which its keys make harmless: a password that was rotated needs no deployment.
 */
async function withApp<T>(work: (app: ActionApp) => Promise<T>): Promise<T> {
  try {
    return await work(await connect());
  } catch (error) {
    if (isConnectionFailure(error)) await disconnectApp();
    if (!isAuthenticationFailure(error)) throw error;
    logger.warn('MongoDB refused the credentials; they are read again');
    await disconnectApp();
    return work(await connect({ freshSecret: true }));
  }
}

async function connect({ freshSecret = false } = {}): Promise<ActionApp> {
  const { database, historyDays } = config;
  let hosts = '';
  try {
    return await connectedApp(async () => {
      const address = await mongodbAddress(secrets, config, freshSecret);
      hosts = address.hosts;
      return { declare: registry, uri: address.uri, database, historyDays };
    });
  } catch (error) {
    throw isOfServer(error) ? MongodbFailure.of(error, hosts) : error;
  }
}
