import { basename } from 'node:path';
import { startStore } from '../../infra/local/mongodb/server.ts';
import { temporaryFolder } from './local-app.ts';

/** A URI that asks for the least of everything. The driver reports each command that it sends. */
const CARELESS =
  'w=1&journal=false&readPreference=secondaryPreferred&readConcernLevel=local&retryWrites=false&retryReads=false&monitorCommands=true';

/** A command as the driver sends it. */
export type Sent = Record<string, unknown> & { $readPreference?: { mode: string } };

/** A store that presents itself as a replica set, and whose URI asks for less than what decides something needs. */
export async function startCarelessStore() {
  const folder = temporaryFolder();
  const store = await startStore({ dataDir: folder.path, replicaSet: 'rs0' });
  return {
    uri: `${store.uri}&${CARELESS}`,
    database: basename(folder.path),
    async close() {
      await store.close();
      folder.remove();
    },
  };
}

/** The commands that decide something, by their names, and whether they write. */
const DECIDING = new Map([
  ['findAndModify', true],
  ['update', true],
  ['insert', true],
  ['delete', true],
  ['find', false],
  ['aggregate', false],
  ['distinct', false],
]);

/** What is wrong with commands: what each asks for, other than primary, majority and retried writes. */
export function carelessOf(sent: Sent[], collections: string[]): string[] {
  return sent.flatMap((command) => {
    const [name] = Object.keys(command) as [string];
    const writes = DECIDING.get(name);
    const collection = String(command[name]);
    if (writes === undefined || !collections.includes(collection)) return [];
    const { $readPreference, readConcern, writeConcern, txnNumber } = command;
    const asked = writes
      ? { writeConcern, isRetried: txnNumber !== undefined || isOfMany(command) }
      : { mode: $readPreference?.mode ?? 'primary', readConcern };
    const wanted = writes
      ? { writeConcern: { w: 'majority' }, isRetried: true }
      : { mode: 'primary', readConcern: { level: 'majority' } };
    return JSON.stringify(asked) === JSON.stringify(wanted)
      ? []
      : [`${name} of ${collection}: ${JSON.stringify(asked)}`];
  });
}

/** MongoDB retries no write of many documents; ours are harmless to repeat. */
function isOfMany({ updates, deletes }: Sent): boolean {
  const parts = [updates, deletes].flat() as ({ multi?: boolean; limit?: number } | undefined)[];
  return parts.some((part) => part?.multi === true || part?.limit === 0);
}
