import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { buildApp } from '../build-app.ts';

/** A function's settings. A variable whose value only a deployment knows, such as an ARN, is undefined. */
export interface FunctionSettings {
  environment: Record<string, string | undefined>;
  timeoutSeconds: number;
  memoryMb: number;
  runtime: string;
}

export interface ScheduleSettings {
  expression: string;
  timeZone: string;
  enabled: boolean;
  /** The event as JSON. */
  input: string;
}

/** What a deployment of the configuration would have. */
export interface Configured {
  /** By the function's name in the project, such as `buy-stock`. */
  functions: Record<string, FunctionSettings>;
  schedules: ScheduleSettings[];
}

const cdkJson = z.object({ context: z.record(z.string(), z.unknown()).default({}) });

const variable = z.unknown().transform((value) => (typeof value === 'string' ? value : undefined));
const lambda = z.object({
  Type: z.literal('AWS::Lambda::Function'),
  // `OrbitsTrader/buy-stock/Resource`
  Metadata: z.object({ 'aws:cdk:path': z.string() }),
  Properties: z.object({
    Runtime: z.string(),
    Timeout: z.number(),
    MemorySize: z.number(),
    Environment: z.object({ Variables: z.record(z.string(), variable) }),
  }),
});
const schedule = z.object({
  Type: z.literal('AWS::Scheduler::Schedule'),
  Properties: z.object({
    ScheduleExpression: z.string(),
    ScheduleExpressionTimezone: z.string(),
    State: z.string(),
    Target: z.object({ Input: z.string() }),
  }),
});
const template = z.object({ Resources: z.record(z.string(), z.unknown()) });

/**
 * Synthesizes the stack without its bundles, as `cdk synth` would with the same keys.
 *
 * @param root the project's folder
 * @param changes keys of the configuration, which win over cdk.json
 * @throws ConfigError where a key has a value that it doesn't take
 */
export function configuredIn(root: string, changes: Record<string, string>): Configured {
  const { context } = cdkJson.parse(JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')));
  const outdir = mkdtempSync(join(tmpdir(), 'orbits-trader-doctor-'));
  try {
    const app = buildApp({
      outdir,
      context: {
        ...context,
        ...changes,
        'aws:cdk:bundling-stacks': [],
        'aws:cdk:enable-path-metadata': true,
      },
    });
    const resources = app.synth().stacks.flatMap((stack) => {
      return Object.values(template.parse(stack.template).Resources);
    });
    return {
      functions: Object.fromEntries(resources.flatMap((found) => functionIn(lambda.safeParse(found).data))),
      schedules: resources.flatMap((found) => scheduleIn(schedule.safeParse(found).data)),
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function functionIn(found?: z.infer<typeof lambda>): [string, FunctionSettings][] {
  if (!found) return [];
  const { Runtime, Timeout, MemorySize, Environment } = found.Properties;
  const name = found.Metadata['aws:cdk:path'].split('/').at(-2)!;
  const settings = { environment: Environment.Variables, timeoutSeconds: Timeout, memoryMb: MemorySize };
  return [[name, { ...settings, runtime: Runtime }]];
}

function scheduleIn(found?: z.infer<typeof schedule>): ScheduleSettings[] {
  if (!found) return [];
  const { ScheduleExpression, ScheduleExpressionTimezone, State, Target } = found.Properties;
  return [
    {
      expression: ScheduleExpression,
      timeZone: ScheduleExpressionTimezone,
      enabled: State !== 'DISABLED',
      input: Target.Input,
    },
  ];
}
