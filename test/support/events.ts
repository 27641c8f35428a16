import { commands } from '../../orchestrator/commands.ts';
import { parseEvent } from '../../orchestrator/protocol/event.ts';

/** The event as the orchestrator parses it, with its defaults. */
export function parsedEvent(payload: unknown): { command: string } & Record<string, unknown> {
  const { command, members } = parseEvent(commands, payload);
  return { ...members, command };
}
