import type { CommandEvent } from '../../infra/local/mongodb/server.ts';

/** Connection upkeep, which comes with time and not with work. */
const UPKEEP = new Set(['hello', 'isMaster', 'ismaster', 'ping', 'endSessions', 'buildInfo']);

/** Counts the commands that a store gets: give it `take` as `onCommand`. */
export class Tally {
  commands: string[] = [];

  /** @param appName counts this client's commands alone */
  constructor(private readonly appName?: string) {}

  readonly take = ({ phase, command, collection, appName }: CommandEvent): void => {
    const isOurs = this.appName === undefined || appName === this.appName;
    if (phase !== 'received' || !isOurs || UPKEEP.has(command)) return;
    this.commands.push(collection === 'history' ? `${command} of pages` : command);
  };

  /** The commands since this was called before. */
  taken(): string[] {
    const { commands } = this;
    this.commands = [];
    return commands;
  }
}

/** Which commands there are, and how many of each. */
export function summed(commands: string[]): string {
  const counts = new Map<string, number>();
  for (const command of commands) counts.set(command, (counts.get(command) ?? 0) + 1);
  return [...counts].map(([command, count]) => (count > 1 ? `${count} ${command}` : command)).join(', ');
}
