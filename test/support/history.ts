import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Types } from 'mongoose';
import type { EndedStep } from '../../orchestrator/durable/step.ts';
import { root } from './local-app.ts';

/** A run as it was recorded by one version of its workflow: what the workflow's code must go on to replay. */
export interface History {
  workflow: string;
  version: number;
  run: string;
  argument: Record<string, unknown>;
  result: unknown;
  steps: (Omit<EndedStep, 'id' | 'startedAt' | 'endedAt'> & {
    id: string;
    ordinal: number;
    startedAt: string;
    endedAt: string;
  })[];
}

const folder = join(root, 'test', 'fixtures', 'histories');

export function readHistories(): (readonly [name: string, history: History])[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.map(
    (name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as History] as const,
  );
}

/** Writes a new version's history, when asked to. One that is there stays: it is what runs in flight may look like. */
export function keepHistory(name: string, history: History): void {
  const path = join(folder, `${name}.json`);
  if (process.env['RECORD_HISTORIES'] && !existsSync(path))
    writeFileSync(path, `${JSON.stringify(history, undefined, 2)}\n`);
}

export const toRecorded = (history: History) =>
  history.steps.map(({ id, startedAt, endedAt, ...step }) => ({
    ...step,
    id: new Types.ObjectId(id),
    startedAt: new Date(startedAt),
    endedAt: new Date(endedAt),
  }));
