import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { brokerKeysOf } from '../local/broker-keys.ts';
import { readEndpoint } from '../local/endpoint-file.ts';
import type { Where } from './command-line.ts';

/** Thrown where the orchestrator refused or failed, or could not be reached; the message is one line. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
}

/** An orchestrator that takes events. */
export interface Target {
  /** Its reply as it came. */
  send(event: object): Promise<string>;
  close(): Promise<void>;
}

/** An invocation lasts fifteen minutes at the most. */
const requestHandler = { connectionTimeout: 5_000, requestTimeout: 910_000, throwOnRequestTimeout: true };

/** The deployed orchestrator, a local run that is up (`npm start -- --watch`), or one that is started until it is closed. */
export async function openTarget(root: string, { functionName, data }: Where): Promise<Target> {
  // The SDK would warn of each Node older than its own choice, above every answer.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  if (functionName !== undefined) return remote(new LambdaClient({ requestHandler }), functionName);
  const dataDir = data ?? join(root, '.local', 'data');
  const running = readEndpoint(dataDir);
  if (running) {
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new LambdaClient({
      endpoint: running.endpoint,
      region: 'us-east-1',
      credentials,
      requestHandler,
    });
    return remote(client, running.orchestrator);
  }
  // With the CDK and the store behind it, it takes seconds to load.
  const { startLocalApp } = await import('../local/local-app.ts');
  const app = await startLocalApp({
    root,
    assemblyDir: join(root, '.local', 'assembly'),
    dataDir,
    mongodbUri: process.env['MONGODB_URI'] || undefined,
    brokerKeys: brokerKeysOf(process.env),
    onLog: () => undefined,
  });
  return {
    send: async (event) => {
      const result = await app.invoke(app.orchestrator, event);
      if ('payload' in result) return result.payload;
      throw new InvocationError(`${result.error.errorType}: ${result.error.errorMessage}`);
    },
    close: () => app.close(),
  };
}

function remote(client: LambdaClient, functionName: string): Target {
  return {
    send: (event) => invoke(client, functionName, event),
    close: () => Promise.resolve(client.destroy()),
  };
}

async function invoke(client: LambdaClient, name: string, event: object): Promise<string> {
  const command = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) });
  const { Payload, FunctionError } = await client.send(command).catch((error: Error) => {
    throw new InvocationError(whyUnreachable(error, name));
  });
  const payload = Payload?.transformToString() ?? '';
  if (FunctionError === undefined) return payload;
  const { errorType, errorMessage } = JSON.parse(payload) as { errorType?: string; errorMessage?: string };
  throw new InvocationError(`${errorType}: ${errorMessage}`);
}

function whyUnreachable({ name, message }: Error, functionName: string): string {
  switch (name) {
    case 'ResourceNotFoundException':
      return `There is no function ${functionName} in this account and region. Its name is an output of the stack.`;
    case 'CredentialsProviderError':
      return 'There are no AWS credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
    case 'Error':
      if (message.includes('Region is missing')) return 'There is no AWS region. Set AWS_REGION.';
      break;
  }
  return `The function ${functionName} could not be invoked: ${name}: ${message}`;
}
