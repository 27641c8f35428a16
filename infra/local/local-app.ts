import { brokerSecret, type BrokerKeys } from './broker-keys.ts';
import { Callers } from './lambda/callers.ts';
import { EventQueue, type Clock } from './lambda/event-queue.ts';
import { Functions, type FunctionsOptions } from './lambda/functions.ts';
import { AwsService } from './lambda/service.ts';
import type { TopicMessage } from './lambda/topics.ts';
import type { InvocationResult } from './lambda/execution-environment.ts';
import { openDatabase, type Database } from './database.ts';
import { synthesize } from './synthesize.ts';
import { nodeOf } from './lambda/deployed-node.ts';
import { readStack, type LocalSchedule } from './template.ts';

export interface LocalAppOptions {
  /** The project's folder, whose app is synthesized. */
  root: string;
  /** Where assemblies are cached; below `root`. */
  assemblyDir: string;
  /** A cloud assembly to run instead of one that is made now; below `root` too. */
  assembly?: string;
  /** Keys of the configuration, which win over cdk.json. */
  context?: Record<string, string> | undefined;
  /** Where the embedded store keeps its data. */
  dataDir: string;
  /** A MongoDB to use instead of the embedded store. */
  mongodbUri?: string | undefined;
  /** With the market `alpaca`: its keys. */
  brokerKeys?: BrokerKeys | undefined;
  /** Wipe the embedded store's data first. */
  fresh?: boolean;
  /** Variables that replace those of the template, by the function's name; for tests. */
  overrides?: Record<string, Record<string, string>>;
  onLog: FunctionsOptions['onLog'];
  onInvocation?: FunctionsOptions['onInvocation'];
  /** Receives each message to a topic, in place of its subscribers. */
  onMessage?: (message: TopicMessage) => void;
  onCommand?: Parameters<typeof openDatabase>[0]['onCommand'];
  /** The clock for retries of asynchronous invocations; for tests. */
  clock?: Clock;
}

/** The synthesized app, running on this machine: its store, its functions, and the API between them. */
export interface LocalApp {
  readonly mongodbUri: string;
  /** Where that MongoDB is, for messages: never the user, password or options of its URI. */
  readonly mongodbPlace: string;
  readonly databaseName: string;
  /** Base URL of the Lambda API. */
  readonly endpoint: string;
  /** Distinguishes this run of the app from any other. */
  readonly id: string;
  readonly orchestrator: string;
  /** A note on the Node that runs the functions, if it is not the deployed version. */
  readonly nodeNote: string | undefined;
  readonly schedule: LocalSchedule;
  readonly functions: Functions;
  invoke(functionName: string, event: unknown): Promise<InvocationResult>;
  /** Puts another URI into the secret. Functions that already run don't notice. */
  setSecret(uri: string): void;
  close(): Promise<void>;
}

export async function startLocalApp(options: LocalAppOptions): Promise<LocalApp> {
  const { root, assemblyDir, dataDir, mongodbUri, fresh = false, overrides = {} } = options;
  const { onLog, onInvocation, onCommand } = options;
  const stack = readStack(options.assembly ?? (await synthesize(root, assemblyDir, options.context)));
  const orchestrator = stack.schedule.functionName;
  const databaseName = stack.functions.find(({ name }) => name === orchestrator)!.environment[
    'MONGODB_DATABASE'
  ]!;

  const secrets = brokerSecret(stack.functions, options.brokerKeys);
  const database = await openDatabase({ dataDir, mongodbUri, databaseName, fresh, onCommand });
  const callers = new Callers();
  const service = new AwsService(callers, database.uri, secrets, options.onMessage);
  const endpoint = await service.listen();
  const functions = new Functions(
    stack.functions.map((fn) => {
      const credentials = { AWS_ACCESS_KEY_ID: callers.enroll(fn.name, fn.permissions) };
      return { ...fn, environment: { ...fn.environment, ...credentials, ...overrides[fn.name] } };
    }),
    {
      shared: sharedEnvironment(endpoint),
      onLog,
      ...(onInvocation && { onInvocation }),
    },
  );
  const events = new EventQueue({
    invoke: (fn, invocation) => functions.run(fn, invocation),
    // There are no queues here; AWS would send it to `onFailure`.
    onFailure: ({ name, asynchronous: { onFailure } }, event) =>
      onLog(name, JSON.stringify({ level: 'ERROR', message: 'the event was given up on', onFailure, event })),
    clock: options.clock,
  });
  service.serve(functions, events);

  return {
    mongodbUri: database.uri,
    mongodbPlace: database.place,
    databaseName,
    endpoint,
    id: service.id,
    nodeNote: nodeOf(stack.functions[0]!.runtime).note,
    orchestrator,
    schedule: stack.schedule,
    functions,
    invoke: (functionName, event) => functions.invoke(functionName, JSON.stringify(event)),
    setSecret: (uri) => {
      service.secret = uri;
    },
    close: () => closeAll(events, functions, service, database),
  };
}

/** Events that are under way still need the service and the store. */
async function closeAll(
  events: EventQueue,
  functions: Functions,
  service: AwsService,
  database: Database,
): Promise<void> {
  await events.close();
  // All at once: a function must not see the end of its callee or of the service.
  await Promise.all([service.close(), functions.close()]);
  await database.close();
}

/** What AWS puts into every function's environment, with this machine as the endpoint. The credentials open nothing. */
function sharedEnvironment(endpoint: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    TZ: ':UTC',
    AWS_REGION: 'us-east-1',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: endpoint,
    // On an older Node than AWS has, the SDK would print a warning in each process.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}
