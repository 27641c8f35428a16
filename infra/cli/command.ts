import type { ParseArgsConfig } from 'node:util';
import type { Where } from './command-line.ts';
import type { Target } from './target.ts';

type Values = Record<string, unknown>;

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
}

/** A command that does more than to send one event, or less; it answers what is to be printed. */
export interface Tool extends Described {
  /** What it takes beside its options, such as a file. */
  takes: string | undefined;
  /**
   * @param open the orchestrator, where it is needed
   * @param where which one that is
   */
  run(
    values: Values,
    argument: string | undefined,
    open: () => Promise<Target>,
    where: Where,
  ): Promise<string>;
}

/** A command of `npm run trader`. */
export type Command = EventCommand | Tool;

/** Thrown by a command that did not do, or not find, all that was asked; what it did is printed all the same. */
export class IncompleteError extends Error {
  override readonly name = 'IncompleteError';
  /** What is to be printed. */
  readonly output: string;

  constructor(message: string, output: string) {
    super(message);
    this.output = output;
  }
}
