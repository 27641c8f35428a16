import type { ParseArgsConfig } from 'node:util';
import type { Where } from './command-line.ts';
import type { ProblemIn } from './problems.ts';
import type { Target } from './target.ts';

type Values = Record<string, unknown>;

/** What a command came to. */
export interface Done {
  /** What is to be printed. */
  output: string;
  /** Why it is not what was asked for, in one line; the exit code is 1 then. */
  problem?: string | undefined;
}

interface Described {
  usage: string;
  does: string;
  example: string;
  options: NonNullable<ParseArgsConfig['options']>;
}

/** A command that stands for one event of the orchestrator. */
export interface EventCommand extends Described {
  /** @param symbols what stands in the place of an id, where the command takes symbols */
  toEvent(values: Values, id: string | undefined, symbols: string[]): Record<string, unknown>;
  takesId: 'yes' | 'no' | 'may' | 'symbols';
  /** Why an answer says that what was asked for was not done, in one line; undefined where it was. */
  problemIn: ProblemIn;
}

/** A command that does more than to send one event, or less. */
export interface Tool extends Described {
  /** What it takes beside its options, such as a file. */
  takes: string | undefined;
  /**
   * @param open the orchestrator, where it is needed
   * @param where which one that is
   */
  run(values: Values, argument: string | undefined, open: () => Promise<Target>, where: Where): Promise<Done>;
}

/** A command of `npm run trader`. */
export type Command = EventCommand | Tool;
