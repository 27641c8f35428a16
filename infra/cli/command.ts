import type { ParseArgsConfig } from 'node:util';

/** A command of `npm run trader`, and the event that it stands for. */
export interface Command {
  usage: string;
  does: string;
  example: string;
  options: NonNullable<ParseArgsConfig['options']>;
  toEvent(values: Record<string, unknown>, id: string | undefined): Record<string, unknown>;
  takesId: 'yes' | 'no' | 'may';
}
