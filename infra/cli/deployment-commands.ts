import type { Tool } from './command.ts';

/** What is asked of a deployment beside its runs. */
export const deploymentCommands: Record<string, Tool> = {
  'dead-letters': {
    usage: 'dead-letters --function NAME [--redrive ID ... [--late] | --delete ID ...]',
    does: 'ticks that came to nothing; --redrive sends them again, --delete drops them, each ID or all',
    example: 'dead-letters --function NAME --redrive all --late',
    options: {
      redrive: { type: 'string', multiple: true },
      delete: { type: 'string', multiple: true },
      late: { type: 'boolean' },
    },
    takes: undefined,
    run: async (values, _, open, where) =>
      (await import('./dead-letters.ts')).runDeadLetters(values, open, where),
  },
};
