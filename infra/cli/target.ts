import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { brokerKeysOf } from '../local/broker-keys.ts';
import { dataOption, existingDataFolder } from '../local/data-folder.ts';
import { readEndpoint } from '../local/endpoint-file.ts';
import { UsageError } from '../local/options.ts';
import { shellWord } from '../local/shell-word.ts';
import type { Where } from './command-line.ts';
import { inOptions } from './options.ts';

/** Thrown where the orchestrator refused or failed, or could not be reached; the message is one line. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
}

/** An orchestrator that takes events. */
export interface Target {
  /** Options by which a command finds it again, each with a blank before it. */
  where: string;
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
  if (functionName !== undefined)
    return remote(new LambdaClient({ requestHandler }), functionName, whereOf({ functionName }));
  const dataDir = existingDataFolder(root, data);
  const running = await readEndpoint(dataDir);
  if (running) {
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new LambdaClient({
      requestHandler,
      endpoint: running.endpoint,
      region: 'us-east-1',
      credentials,
    });
    return remote(client, running.orchestrator, whereOf({ data }));
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
    where: whereOf({ data }),
    send: async (event) => {
      const result = await app.invoke(app.orchestrator, event);
      if ('payload' in result) return result.payload;
      throw refusal(result.error);
    },
    close: () => app.close(),
  };
}

function remote(client: LambdaClient, functionName: string, where: string): Target {
  return {
    where,
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
  throw refusal(JSON.parse(payload) as { errorType?: string; errorMessage?: string });
}

/** What the orchestrator threw; of an event that it can't take, what was wrong with the command line. */
function refusal({ errorType, errorMessage }: { errorType?: string; errorMessage?: string }): Error {
  if (errorType === 'InvalidEventError') return new UsageError(inOptions(errorMessage ?? ''));
  // The orchestrator speaks of its commands as events.
  const words = errorMessage?.replace(/\{"command":"(\w+)"\}/g, 'npm run trader -- $1');
  return new InvocationError(`${errorType}: ${words}`);
}

/** Options are left out where they are the default. */
export function whereOf({ functionName, data }: Partial<Where>): string {
  if (functionName !== undefined) return ` --function ${shellWord(functionName)}`;
  return dataOption(data);
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
  // AWS's further lines quote the request, and with it the session's token.
  return `The function ${functionName} could not be invoked: ${name}: ${message.split('\n')[0]}`;
}
