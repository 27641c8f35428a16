import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { functionArn, PSEUDO_PARAMETERS, topicArn } from './arns.ts';
import { parseSchedule, type Schedule } from '../schedule/expression.ts';
import { policyDocument, type Statement } from './permissions.ts';

/** A function of the synthesized app, ready to be run. */
export interface LocalFunction {
  name: string;
  /** The bundle's file. */
  file: string;
  /** The name under which the bundle exports its handler. */
  exportName: string;
  environment: Record<string, string>;
  /** Lambda's name of it, such as `nodejs24.x`. */
  runtime: string;
  timeoutMs: number;
  memoryMb: number;
  /** What its role allows. */
  permissions: Statement[];
  asynchronous: AsynchronousInvocation;
}

/** How long an invocation of the type `Event` is retried, and where AWS sends it after that. */
export interface AsynchronousInvocation {
  maximumRetryAttempts: number;
  maximumEventAgeMs: number;
  /** The name of the queue that takes it. */
  onFailure?: string | undefined;
}

/** The schedules of the synthesized app, as one: at each time of their expressions, the events of all shards are due. */
export interface LocalSchedule {
  functionName: string;
  schedule: Schedule;
  timeZone: string;
  /** The event of each shard, with EventBridge Scheduler's placeholders in it. */
  inputs: string[];
}

export interface LocalStack {
  functions: LocalFunction[];
  schedule: LocalSchedule;
}

const metadata = z.object({ 'aws:cdk:path': z.string(), 'aws:asset:path': z.string().optional() });
const resource = z.looseObject({ Type: z.string(), Metadata: metadata.optional() });
type Resources = Record<string, z.infer<typeof resource>>;

const attribute = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) });
const reference = z.strictObject({ Ref: z.string() });
const joined = z.strictObject({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) });

const lambda = z.object({
  Metadata: metadata.required(),
  Properties: z.object({
    Role: attribute,
    Handler: z.string().regex(/^index\.\w+$/),
    Runtime: z.string(),
    Timeout: z.number(),
    MemorySize: z.number(),
    Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
  }),
});

const scheduleResource = z.object({
  Properties: z.object({
    ScheduleExpression: z.string(),
    ScheduleExpressionTimezone: z.string(),
    State: z.string(),
    Target: z.object({
      Arn: attribute,
      Input: z.string(),
    }),
  }),
});

/** With Lambda's defaults for a function that sets none of these. */
const eventInvokeConfig = z.object({
  Properties: z.object({
    FunctionName: reference,
    MaximumRetryAttempts: z.number().default(2),
    MaximumEventAgeInSeconds: z.number().default(21_600),
    DestinationConfig: z.object({ OnFailure: z.object({ Destination: attribute }).optional() }).optional(),
  }),
});

const policy = z.object({
  Properties: z.object({ PolicyDocument: policyDocument, Roles: z.array(reference) }),
});

/** The functions and schedules of a cloud assembly's template, and all its resources by their logical ids. */
export function readResources(assembly: string) {
  // The app has one stack, whose name contains the stage.
  const file = readdirSync(assembly).find((name) => name.endsWith('.template.json'));
  const path = join(assembly, file ?? 'OrbitsTrader.template.json');
  const { Resources: resources } = z
    .object({ Resources: z.record(z.string(), resource) })
    .parse(JSON.parse(readFileSync(path, 'utf8')));
  const ofType = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);
  return {
    path,
    resources,
    functions: ofType('AWS::Lambda::Function').map(([logicalId, found]) => ({
      logicalId,
      ...lambda.parse(found),
    })),
    schedules: ofType('AWS::Scheduler::Schedule').map(
      ([, found]) => scheduleResource.parse(found).Properties,
    ),
  };
}

/** What the template of a cloud assembly holds for this machine to run. */
export function readStack(assembly: string): LocalStack {
  const { path, resources, functions, schedules } = readResources(assembly);
  const [first] = schedules;
  if (!first) throw new Error(`${path} has no schedule, expected one or more.`);
  const { ScheduleExpressionTimezone, Target } = first;
  const expressions = schedules.map(({ ScheduleExpression }) => ScheduleExpression);
  return {
    functions: functions.map((found) => toFunction(assembly, found, resources)),
    schedule: {
      functionName: functionName(Target.Arn['Fn::GetAtt'][0], resources),
      schedule: parseSchedule([...new Set(expressions)].join(';')),
      timeZone: ScheduleExpressionTimezone,
      inputs: [...new Set(schedules.map(({ Target: { Input } }) => Input))],
    },
  };
}

type Found = z.infer<typeof lambda> & { logicalId: string };

function toFunction(
  assembly: string,
  { logicalId, Metadata, Properties }: Found,
  resources: Resources,
): LocalFunction {
  const variables = Object.entries(Properties.Environment.Variables);
  return {
    name: nameOf(Metadata['aws:cdk:path']),
    file: join(assembly, Metadata['aws:asset:path'], 'index.mjs'),
    exportName: Properties.Handler.slice('index.'.length),
    environment: Object.fromEntries(variables.map(([key, value]) => [key, resolve(value, resources)])),
    runtime: Properties.Runtime,
    timeoutMs: Properties.Timeout * 1000,
    memoryMb: Properties.MemorySize,
    permissions: permissionsOf(Properties.Role['Fn::GetAtt'][0], resources),
    asynchronous: asynchronousOf(logicalId, resources),
  };
}

function asynchronousOf(logicalId: string, resources: Resources): AsynchronousInvocation {
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } =
    eventInvokeConfig.shape.Properties.omit({ FunctionName: true }).parse(
      Object.values(resources)
        .filter(({ Type }) => Type === 'AWS::Lambda::EventInvokeConfig')
        .map((found) => eventInvokeConfig.parse(found).Properties)
        .find(({ FunctionName }) => FunctionName.Ref === logicalId) ?? {},
    );
  const queue = resources[DestinationConfig?.OnFailure?.Destination['Fn::GetAtt'][0] ?? '']?.Metadata;
  return {
    maximumRetryAttempts: MaximumRetryAttempts,
    maximumEventAgeMs: MaximumEventAgeInSeconds * 1000,
    onFailure: queue && nameOf(queue['aws:cdk:path']),
  };
}

/** The statements of a role that hold as they are; the stack's only conditions are on denials of EC2, not served here. */
function permissionsOf(role: string, resources: Resources): Statement[] {
  return Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .map((found) => policy.parse(found).Properties)
    .filter(({ Roles }) => Roles.some(({ Ref }) => Ref === role))
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .filter(({ Condition }) => Condition === undefined)
    .map(({ Effect, Action, Resource }) => ({
      effect: Effect,
      actions: Action,
      resources: Resource.map((value) => resolveArn(value, resources)),
    }));
}

/** An ARN of this machine; what is not served here keeps its name in the template. */
function resolveArn(value: unknown, resources: Resources): string {
  if (typeof value === 'string') return value;
  const parts = joined.safeParse(value).data?.['Fn::Join'][1];
  if (parts) return parts.map((part) => resolveArn(part, resources)).join('');
  const referred = reference.safeParse(value).data?.Ref;
  if (referred !== undefined) return PSEUDO_PARAMETERS[referred] ?? referenceTo(referred, resources);
  const logicalId = attribute.parse(value)['Fn::GetAtt'][0];
  const isFunction = resources[logicalId]?.Type === 'AWS::Lambda::Function';
  return isFunction ? functionArn(functionName(logicalId, resources)) : `arn:aws:${logicalId}`;
}

/** What `Ref` gives: a topic's ARN, a function's name. */
function referenceTo(logicalId: string, resources: Resources): string {
  const { Type, Metadata } = resources[logicalId] ?? {};
  if (Type === 'AWS::SNS::Topic' && Metadata) return topicArn(nameOf(Metadata['aws:cdk:path']));
  return functionName(logicalId, resources);
}

/** A variable's value: plain text, or a reference to a function, whose name here is its path in the app. */
function resolve(value: unknown, resources: Resources): string {
  if (typeof value === 'string') return value;
  const logicalId = reference.safeParse(value).data?.Ref;
  if (logicalId !== undefined) return referenceTo(logicalId, resources);
  throw new Error(`The local run can't resolve ${JSON.stringify(value)} in the template.`);
}

function functionName(logicalId: string, resources: Resources): string {
  const target = resources[logicalId];
  if (target?.Type !== 'AWS::Lambda::Function' || !target.Metadata) {
    throw new Error(`The template refers to ${logicalId}, which is not one of its functions.`);
  }
  return nameOf(target.Metadata['aws:cdk:path']);
}

/** `OrbitsTrader/buy-stock/Resource` is called `OrbitsTrader-buy-stock` here; CloudFormation would add a random end. */
function nameOf(path: string): string {
  return path.split('/').slice(0, -1).join('-');
}
