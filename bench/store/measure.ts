import { startChild } from '../support/child.ts';
import type { Plan } from '../plan.ts';
import { temporaryFolder } from '../support/folder.ts';
import { spread, type Spread } from '../support/statistics.ts';
import { fill, startLoad, type Operation } from './load.ts';
import { startRaw } from './raw-lmdb.ts';

export interface StoreFigure {
  operation: Operation;
  connections: number;
  /** Operations a second. */
  store: Spread;
  constantServer: Spread;
  rawLmdb: Spread;
  /** Store to constant server, round by round; the goal is at least 0.5. */
  ofConstant: Spread;
}

export interface StoreFigures {
  points: StoreFigure[];
  openDocuments: number;
  openMs: Spread;
}

const OPERATIONS: Operation[] = ['read', 'insert'];
const CONNECTIONS = [1, 16];
const SLICE_MS = 250;

/**
 * The embedded store next to a server that does no work and to lmdb without a server. They take turns in short
 * slices, so that whatever else the machine does hits them alike.
 */
export async function measureStore({ storeRounds: rounds, openDocuments }: Plan): Promise<StoreFigures> {
  const storeScript = new URL('../support/store-process.ts', import.meta.url);
  const folder = temporaryFolder();
  const constant = await startChild(new URL('constant-server.ts', import.meta.url), []);
  const store = await startChild(storeScript, [folder.path]);
  try {
    const { uri: constantUri } = await constant.next<{ uri: string }>();
    const { uri } = await store.next<{ uri: string }>();
    await fill(uri);
    const points: StoreFigure[] = [];
    for (const connections of CONNECTIONS) {
      for (const operation of OPERATIONS) {
        points.push(await measurePoint(uri, constantUri, operation, connections, rounds));
      }
    }
    return { points, ...(await measureOpening(storeScript, Math.min(rounds, 5), openDocuments)) };
  } finally {
    await Promise.all([constant.stop(), store.stop()]);
    folder.remove();
  }
}

async function measurePoint(
  uri: string,
  constantUri: string,
  operation: Operation,
  connections: number,
  rounds: number,
): Promise<StoreFigure> {
  const rawFolder = temporaryFolder();
  const ours = await startLoad(uri, connections);
  const bare = await startLoad(constantUri, connections);
  const raw = startRaw(rawFolder.path, connections);
  const rates: Record<'ours' | 'bare' | 'raw', number[]> = { ours: [], bare: [], raw: [] };
  // The first slice of each warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const seen = {
      ours: await ours.rate(operation, SLICE_MS),
      bare: await bare.rate(operation, SLICE_MS),
      raw: raw.rate(operation, SLICE_MS),
    };
    if (round === 0) continue;
    for (const name of ['ours', 'bare', 'raw'] as const) rates[name].push(seen[name]);
  }
  await Promise.all([ours.close(), bare.close(), raw.close()]);
  rawFolder.remove();
  return {
    operation,
    connections,
    store: spread(rates.ours),
    constantServer: spread(rates.bare),
    rawLmdb: spread(rates.raw),
    ofConstant: spread(rates.ours.map((value, i) => value / rates.bare[i]!)),
  };
}

async function measureOpening(
  script: URL,
  rounds: number,
  openDocuments: number,
): Promise<{ openDocuments: number; openMs: Spread }> {
  const folder = temporaryFolder();
  const first = await startChild(script, [folder.path]);
  const { uri } = await first.next<{ uri: string }>();
  await fill(uri, openDocuments);
  await first.stop();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const again = await startChild(script, [folder.path]);
    times.push((await again.next<{ openMs: number }>()).openMs);
    await again.stop();
  }
  folder.remove();
  return { openDocuments, openMs: spread(times) };
}
