import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../../build-app.ts';
import { cdkJsonContext } from '../../config/stages.ts';
import { readResources } from '../../local/template.ts';

/** The settings of a function. A variable whose value only a deployment knows, such as an ARN, is undefined. */
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

/** What a deployment of the configuration has. */
export interface Configured {
  /** By the function's name in the project, such as `buy-stock`. */
  functions: Record<string, FunctionSettings>;
  schedules: ScheduleSettings[];
}

/**
 * Synthesizes the stack without its bundles, as `cdk synth` does with the same keys.
 *
 * @param changes keys of the configuration, which win over cdk.json
 * @throws ConfigError if a key has a wrong value
 */
export function configuredWith(changes: Record<string, string>): Configured {
  const outdir = mkdtempSync(join(tmpdir(), 'orbits-trader-doctor-'));
  try {
    const context = {
      ...cdkJsonContext(),
      ...changes,
      'aws:cdk:bundling-stacks': [],
      'aws:cdk:enable-path-metadata': true,
      'aws:cdk:enable-asset-metadata': true,
    };
    const { functions, schedules } = readResources(buildApp({ outdir, context }).synth().directory);
    return {
      functions: Object.fromEntries(
        functions.map(({ Metadata, Properties }) => {
          const { Runtime: runtime, Timeout: timeoutSeconds, MemorySize: memoryMb, Environment } = Properties;
          const environment = Object.fromEntries(
            Object.entries(Environment.Variables).map(([key, value]) => [
              key,
              typeof value === 'string' ? value : undefined,
            ]),
          );
          // `OrbitsTrader/buy-stock/Resource`
          const name = Metadata['aws:cdk:path'].split('/').at(-2)!;
          return [name, { environment, timeoutSeconds, memoryMb, runtime }];
        }),
      ),
      schedules: schedules.map(({ ScheduleExpression, ScheduleExpressionTimezone, State, Target }) => ({
        expression: ScheduleExpression,
        timeZone: ScheduleExpressionTimezone,
        enabled: State !== 'DISABLED',
        input: Target.Input,
      })),
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
