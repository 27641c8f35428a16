import { InvalidArgumentError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { quoted } from '../config/quoted.ts';

/** A wrong command line or environment; the message is one line that says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads a command line and does the action of its command. False where only the help was printed. Throws a `UsageError`
 * with one line in the place of commander's messages.
 */
export async function readCommandLine(program: CommandUnknownOpts, args: string[]): Promise<boolean> {
  makeStrict(program);
  try {
    // npm takes the first "--" away, other runners of scripts pass it on.
    await program.parseAsync(args[0] === '--' ? args.slice(1) : args, { from: 'user' });
    return true;
  } catch (error) {
    if (error instanceof HelpShown) return false;
    throw error;
  }
}

class HelpShown extends Error {}

/** Commander takes an empty value, another option as a value, and the last of two values. */
function makeStrict(command: CommandUnknownOpts): void {
  command.configureOutput({ writeErr: () => undefined });
  command.exitOverride(({ exitCode, code, message }) => {
    if (exitCode === 0) throw new HelpShown();
    const surplus = command.args[command.registeredArguments.length];
    const problem = code === 'commander.excessArguments' ? `unexpected argument ${quoted(surplus)}` : message;
    throw new UsageError(inOneLine(problem, fullName(command)));
  });
  const given = new Set<string>();
  for (const { long, required, variadic } of command.options) {
    const option = long!;
    command.on(`option:${option.slice(2)}`, (value: string | undefined) => {
      if (given.has(option) && !variadic) throw new UsageError(`${option} is given twice; give it once.`);
      given.add(option);
      if (value === '') throw new UsageError(`${option} is empty; give it a value, or omit it.`);
      if (required && /^--|^-[a-z]$/i.test(value!)) {
        throw new UsageError(`${option} takes a value, but ${quoted(value)} follows it.`);
      }
    });
  }
  for (const subcommand of command.commands) makeStrict(subcommand);
}

const fullName = (command: CommandUnknownOpts): string =>
  command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();

/** Commander's message as a sentence, without the value of an option that does not exist: it may be a secret. */
function inOneLine(message: string, command: string): string {
  const words = message
    .replace(/^error: /, '')
    .replace(/^(unknown option '[^'=]+)=.*?'(?=\n|$)/s, "$1'")
    .replace(/:\/\/[^']*/g, '://***')
    .replace(/\s*\n\s*/g, ' ')
    .replace('(Did', '(did')
    .replace(/\.$/, '');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}. See ${command} --help.`;
}

/** Parses the value of an option. */
export function wholeNumber(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is not a whole number.');
}

/** Keys of the configuration, from `KEY=VALUE` each. */
export function toContext(assignments: string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const [, key, value] = /^([\w-]+)=(.*)$/s.exec(assignment) ?? [];
      if (key === undefined || value === undefined) {
        throw new UsageError(`-c takes KEY=VALUE, such as approval=always, not ${quoted(assignment)}.`);
      }
      return [key, value];
    }),
  );
}
