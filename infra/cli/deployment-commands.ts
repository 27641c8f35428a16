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
  doctor: {
    usage: 'doctor --function NAME [-c KEY=VALUE ...]',
    does: 'whether what is deployed is what is configured here; each setting that is not',
    example: 'doctor --function NAME -c maxPosition=100',
    options: { context: { type: 'string', short: 'c', multiple: true } },
    takes: undefined,
    run: async (values, _, __, where) => (await import('./doctor.ts')).runDoctor(values, where),
  },
};
