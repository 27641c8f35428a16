import { UsageError } from '../local/options.ts';

/** Thrown when the orchestrator refuses an event or fails; the message is one line. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
}

/** The error for what the orchestrator threw: for an event that is not valid, what is wrong with the command line. */
export function refusal({ errorType, errorMessage }: { errorType?: string; errorMessage?: string }): Error {
  if (errorType === 'InvalidEventError') return new UsageError(inOptions(errorMessage ?? ''));
  // The orchestrator names its commands as events.
  const words = errorMessage?.replace(/\{"command":"(\w+)"\}/g, 'npm run trader -- $1');
  return new InvocationError(`${errorType}: ${words}`);
}

/** Members of an event that have another name on the command line. */
const NAMES: Record<string, string> = {
  idempotencyKey: '--key',
  scheduledTime: '--time',
  symbols: '--symbol',
  id: 'ID',
};

/** Commands whose symbols are their arguments. */
const OF_SYMBOLS = ['watch', 'unwatch', 'flatten', 'reconcile'];

function nameOf(member: string, command: string | undefined): string {
  if (member === 'symbols' && OF_SYMBOLS.includes(command ?? '')) return 'SYMBOLS';
  return NAMES[member] ?? `--${member}`;
}

/**
 * The orchestrator's message about an event, with the names of the command line.
 *
 * @param message such as `The payload is not valid: ✖ a limit is ... → at limit. The command "list" takes ...`
 */
function inOptions(message: string): string {
  const [, problems, command] = /^[^✖]*(✖ .*)\. The command "(\w+)"/s.exec(message) ?? [];
  if (problems === undefined) return message;
  const parts = problems.split('✖ ').filter((part) => part.trim() !== '');
  return parts
    .map((part) => {
      const [, text, member] = /^(.*?)\s*→ at (\w+)(?:[.[].*)?\s*$/s.exec(part) ?? [];
      const words = text?.replace(/^`\w+` is /, 'it is ');
      return member === undefined ? part.trim() : `${nameOf(member, command)}: ${words}`;
    })
    .join('; ');
}
