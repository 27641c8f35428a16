import * as z from 'zod';
import type { Command, Invocation } from './command.ts';

/** Thrown for an event that is not valid; nothing was done. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';
}

/** An event that was parsed. */
export interface Request {
  command: string;
  /** The other members of the event. */
  members: Record<string, unknown>;
  /** Does what the event asks for, and returns the answer. */
  handle(this: void, invocation: Invocation): Promise<unknown>;
}

/** Parses an event by the schema of its command. An event without `command` is a `run`. */
export function parseEvent(commands: Record<string, Command>, payload: unknown): Request {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new InvalidEventError(
      `The payload is ${kindOf(payload)}; it must be a JSON object such as {"symbols":["AMZN"],"idempotencyKey":"my-key"}, or {}.`,
    );
  }
  const { command: name = 'run', ...members } = payload as Record<string, unknown>;
  const command = typeof name === 'string' && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const known = Object.keys(commands).join(', ');
    throw new InvalidEventError(
      `There is no command ${shortened(JSON.stringify(name))}. The commands are ${known}.`,
    );
  }
  const parsed = z.strictObject(command.takes).safeParse(members);
  if (parsed.success) {
    const { data } = parsed;
    return { command: String(name), members: data, handle: (invocation) => command.handle(data, invocation) };
  }
  const problems = shortened(z.prettifyError(parsed.error).replace(/\s*\n\s*/g, ' '));
  const known = Object.keys(command.takes).join(', ');
  throw new InvalidEventError(
    `The payload is not valid: ${problems}. The command "${String(name)}" takes ${known === '' ? 'nothing else' : known}.`,
  );
}

/** Names of an event may be as long as its payload, and the message is logged. */
const shortened = (text: string): string => (text.length > 1_000 ? `${text.slice(0, 1_000)}…` : text);

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
