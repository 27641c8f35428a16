import { UsageError } from '../local/options.ts';

/** The number that an option has; undefined where it was not given. */
export function wholeNumberOption(option: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^\d{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`${option} takes a whole number, not ${JSON.stringify(value)}.`);
}

/** Members of an event that a command line calls otherwise. */
const NAMES: Record<string, string> = {
  idempotencyKey: '--key',
  scheduledTime: '--time',
  symbols: '--symbol',
  id: 'ID',
};

/**
 * What the orchestrator says of an event that it refuses, in the words of the command line that made it.
 *
 * @param message such as `The payload can't be taken: ✖ a limit is ... → at limit. The command "list" takes ...`
 */
export function inOptions(message: string): string {
  const [, problems] = /^The payload can't be taken: (.*)\. The command "\w+" takes /s.exec(message) ?? [];
  if (problems === undefined) return message;
  const parts = problems.split('✖ ').filter((part) => part.trim() !== '');
  return parts
    .map((part) => {
      const [, text, member] = /^(.*?)\s*→ at (\w+)(?:[.[].*)?\s*$/s.exec(part) ?? [];
      const words = text?.replace(/^`\w+` is /, 'it is ');
      return member === undefined ? part.trim() : `${NAMES[member] ?? `--${member}`}: ${words}`;
    })
    .join('; ');
}
