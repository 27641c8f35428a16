import type { Target, Where } from './target.ts';

/** The outcome of a command. */
export interface Done {
  /** The text for standard output. */
  output: string;
  /** Why the command did not do what was asked, in one line; the exit code is then 1. */
  problem?: string | undefined;
}

/** What the work of a command gets. */
export interface Context {
  /** Which orchestrator the command is for. */
  where: Where;
  /** Whether the output is JSON. */
  json: boolean;
  /** Opens the orchestrator; not every command needs it. */
  open(this: void): Promise<Target>;
}

/** What a command line asks for. */
export type Work = (context: Context) => Promise<Done>;

/** Runs the work of the command that the command line names. */
export type Run = (work: Work) => Promise<void>;
