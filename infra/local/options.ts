import { InvalidArgumentError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { quoted } from '../config/quoted.ts';
import { inOneLine, refusalOfLogin } from './mongodb/argument.ts';

/** A wrong command line or environment; the message is one line that says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads a command line and does the action of its command. False where only the help was printed. Throws a `UsageError`
 * with one line in the place of commander's messages.
 */
export async function readCommandLine(program: CommandUnknownOpts, args: string[]): Promise<boolean> {
  // npm takes the first "--" away, other runners of scripts pass it on.
  const given = args[0] === '--' ? args.slice(1) : args;
  makeStrict(program, given);
  try {
    await program.parseAsync(given, { from: 'user' });
    return true;
  } catch (error) {
    if (error instanceof HelpShown) return false;
    throw error;
  }
}

class HelpShown extends Error {}

/** Commander takes an empty value, another option as a value, and the last of two values. */
function makeStrict(command: CommandUnknownOpts, args: string[]): void {
  command.configureOutput({ writeErr: () => undefined });
  command.exitOverride(({ exitCode, code, message }) => {
    if (exitCode === 0) throw new HelpShown();
    throw new UsageError(inOneLine(problemOf(command, code, message), fullName(command)));
  });
  command.hook('preAction', (_, { args }) => args.forEach(refuseLogin));
  const given = new Set<string>();
  for (const { long, required, variadic } of command.options) {
    const option = long!;
    command.on(`option:${option.slice(2)}`, (value: string | undefined) => {
      if (given.has(option) && !variadic) throw new UsageError(`${option} is given twice; give it once.`);
      given.add(option);
      refuseLogin(value ?? '');
      if (value === '') throw new UsageError(`${option} is empty; give it a value, or omit it.`);
      const isMeant = args.includes(`${option}=${value}`);
      if (required && !isMeant && /^--|^-[a-z]$/i.test(value!)) {
        throw new UsageError(
          `${option} takes a value, but ${quoted(value)} follows it. If that is the value, write ${option}=VALUE.`,
        );
      }
    });
  }
  for (const subcommand of command.commands) makeStrict(subcommand, args);
}

function refuseLogin(argument: string): void {
  const refusal = refusalOfLogin(argument);
  if (refusal !== undefined) throw new UsageError(refusal);
}

/** Commander's message; what it says of a surplus argument and of a value after `=` does not name the mistake. */
function problemOf(command: CommandUnknownOpts, code: string, message: string): string {
  if (code === 'commander.excessArguments') {
    return `unexpected argument ${quoted(command.args[command.registeredArguments.length])}`;
  }
  if (code === 'commander.help') {
    return command.args.length === 0
      ? 'the command is missing'
      : `unknown command ${quoted(command.args[1])}`;
  }
  const option = /^error: unknown option '(--?[\w-]+)=/.exec(message)?.[1];
  return option !== undefined && hasOption(command, option) ? `${option} takes no value` : message;
}

const hasOption = (command: CommandUnknownOpts, name: string): boolean =>
  command.options.some(({ long }) => long === name) ||
  name === '--help' ||
  (command.parent !== null && hasOption(command.parent, name));

const fullName = (command: CommandUnknownOpts): string =>
  command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();

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
