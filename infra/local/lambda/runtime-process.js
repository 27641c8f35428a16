// One execution environment: a process that loads one bundle and handles one invocation at a time.
// It is JavaScript, since Node starts it by itself, with nothing but the environment that the function has on AWS.
import { pathToFileURL } from 'node:url';

const [file, exportName] = process.argv.slice(2);

// The parent's end is this process's end: no environment outlives the service that it belongs to.
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group of processes; the parent decides when this one stops.
process.on('SIGINT', () => undefined);

const toError = (thrown) =>
  thrown instanceof Error
    ? { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') }
    : { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };

// Taken before the function can replace them.
const logs = [process.stdout, process.stderr].map((stream) => stream.write.bind(stream));

let handler;
try {
  handler = (await import(pathToFileURL(file).href))[exportName];
  if (typeof handler !== 'function') throw new Error(`${file} exports no function ${exportName}`);
} catch (error) {
  process.send({ kind: 'failed', error: toError(error) }, () => process.exit(1));
}

process.on('message', async ({ requestId, payload, endOfLog, timeoutMs, clientContext, ...fn }) => {
  const { functionName, functionArn, memoryMb } = fn;
  const deadline = performance.now() + timeoutMs;
  const context = {
    awsRequestId: requestId,
    clientContext,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: String(memoryMb),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: `local/${process.pid}`,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - performance.now()),
  };
  const answer = (message) => {
    for (const write of logs) write(`${endOfLog}\n`);
    process.send(message);
  };
  try {
    const result = await handler(JSON.parse(payload), context);
    answer({ kind: 'answered', payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    answer({ kind: 'failed', error: toError(error) });
  }
});
if (handler) process.send({ kind: 'ready' });
