import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { brokerKeysOf } from '../local/broker-keys.ts';
import { dataOption, existingDataFolder } from '../local/data-folder.ts';
import { readEndpoint } from '../local/endpoint-file.ts';
import { shellWord } from '../local/shell-word.ts';
import { asked } from './asked.ts';
import { refusal } from './refusal.ts';

/** Which orchestrator a command is for. */
export interface Where {
  /** The name of a deployed function; undefined for the local run. */
  functionName: string | undefined;
  /** The folder of the local run. */
  data: string | undefined;
}

/** An orchestrator that takes events. */
export interface Target {
  /** Options with which another command finds it, each after a blank. */
  where: string;
  /** Returns the answer as JSON. */
  send(event: object): Promise<string>;
  close(): Promise<void>;
}

/** An invocation lasts at most fifteen minutes. */
const requestHandler = { connectionTimeout: 5_000, requestTimeout: 910_000, throwOnRequestTimeout: true };

/** Opens the deployed orchestrator, or the local run that is up (`npm start -- --watch`), or starts one until it is closed. */
export async function openTarget(root: string, { functionName, data }: Where): Promise<Target> {
  // Without it, the SDK prints a warning about older versions of Node above each answer.
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
  // It loads the CDK and the store, which takes seconds.
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
  const { Payload, FunctionError } = await asked(`the function ${name}`, () => client.send(command));
  const payload = Payload?.transformToString() ?? '';
  if (FunctionError === undefined) return payload;
  throw refusal(JSON.parse(payload) as { errorType?: string; errorMessage?: string });
}

/** Options are omitted if they have their default. */
function whereOf({ functionName, data }: Partial<Where>): string {
  if (functionName !== undefined) return ` --function ${shellWord(functionName)}`;
  return dataOption(data);
}
