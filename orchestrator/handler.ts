import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { Tracer } from '@aws-lambda-powertools/tracer';
import type { Context } from 'aws-lambda';
import {
  keepSecret,
  strike,
  strikeValue,
  withoutSecrets,
} from '../functions/shared/secrets/known-secrets.ts';
import { useRuns } from './actions/find-last-bar.ts';
import { useInvoker } from './actions/invoke-function-action.ts';
import { LambdaInvoker } from './actions/lambda-invoker.ts';
import { Notifier } from './actions/notifier.ts';
import { useNotifier } from './actions/request-approval.ts';
import { lambdaClient, secretsProvider, STEP_MS } from './clients.ts';
import { commands } from './commands.ts';
import { readConfig } from './config.ts';
import { Connection } from './connection.ts';
import { backendOf } from './durable/backend.ts';
import { recordError, redactErrors } from './durable/errors.ts';
import { surviveLateRejections } from './durable/late-rejections.ts';
import { RunControl } from './durable/run-control.ts';
import { Runner } from './durable/runner.ts';
import { parseEvent } from './protocol/event.ts';
import { runWords } from './registry.ts';
import { hoursLog } from './tick/hours-log.ts';
import { ledgerLog } from './tick/ledger-log.ts';
import { metricLine } from './tick/metric-line.ts';
import { Notices } from './tick/notices.ts';
import { observeAll } from './tick/observers.ts';
import { RunLog } from './tick/run-log.ts';
import { RunMetrics } from './tick/run-metrics.ts';
import { TradeMetrics } from './trading/trade-metrics.ts';

// An AWS error about a refused signature quotes the session token.
keepSecret(process.env['AWS_SESSION_TOKEN'] ?? '');
redactErrors(strike);

const serviceName = 'orchestrator';
const config = readConfig(process.env);
const logger = new Logger({ serviceName, jsonReplacerFn: strikeValue });
const tracer = new Tracer({ serviceName, captureHTTPsRequests: false });
const connection = new Connection(config, secretsProvider(tracer), logger);
const invoker = new LambdaInvoker(lambdaClient(tracer), (contractName) => config.physicalName(contractName));
useInvoker(invoker);

const notices =
  config.notificationsTopicArn === undefined ? undefined : noticesTo(config.notificationsTopicArn);
const log = new RunLog(logger);
const publish = metricLine(new Metrics({ serviceName }));
const observer = observeAll([
  log,
  new RunMetrics(publish),
  new TradeMetrics(publish, config.symbols !== undefined),
  ...(notices ? [notices] : []),
]);

/** The orchestrator: an event in, its answer out. No error that leaves it shows a secret. */
export async function handler(payload: unknown, context: Context): Promise<unknown> {
  logger.addContext(context);
  // Here, because Lambda's runtime may set its own listener after this module is loaded.
  surviveLateRejections(logRejection);
  try {
    const { handle } = parseEvent(commands, payload);
    const time = { remainingMs: () => context.getRemainingTimeInMillis(), stepMs: STEP_MS };
    return await connection.withApp((app) => {
      const runs = new RunControl(backendOf(app));
      useRuns(runs);
      return handle({
        requestId: context.awsRequestId,
        now: new Date(),
        config,
        app,
        runs,
        runner: new Runner(backendOf(app), observer, time),
        time,
        log,
        hoursLog: hoursLog(logger, publish),
        ledgerLog: ledgerLog(logger, publish, (notice, about) => notices?.send(notice, about)),
        invoker,
      });
    });
  } catch (error) {
    throw withoutSecrets(error);
  } finally {
    await notices?.sent();
  }
}

function logRejection(reason: unknown): void {
  logger.error('a promise was rejected that nothing awaits', { error: recordError(reason) });
}

function noticesTo(topicArn: string): Notices {
  const notifier = new Notifier(topicArn);
  useNotifier(notifier, process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? '');
  const onFailure = (about: string, error: unknown) =>
    logger.warn('a message could not be sent', { about, error: recordError(error) });
  return new Notices(notifier, (run) => runWords.noticeOf(run), onFailure);
}
