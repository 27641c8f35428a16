import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { Collection } from 'mongodb';
import { startStore } from '../../../../infra/local/mongodb/server.ts';
import { temporaryFolder } from './helpers.ts';

const KILLS = 100;
const WRITERS = 4;
const ROOT = join(import.meta.dirname, '../../../..');

interface Entry {
  _id: string;
  n: number;
  twin: string;
  list: number[];
}

let folder: string;
let dataDir: string;
let command: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  folder = await temporaryFolder();
  dataDir = join(folder, 'data');
  command = join(folder, 'store.mjs');
  // One file starts four times faster than the sources do, and it is started a hundred times.
  const main = join(ROOT, 'infra/local/mongodb/main.ts');
  const options = [
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--external:lmdb',
    '--external:@commander-js/extra-typings',
    `--outfile=${command}`,
  ];
  execFileSync(join(ROOT, 'node_modules/.bin/esbuild'), [main, ...options, '--log-level=error']);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<string> {
  child = spawn(process.execPath, [command, '--port', '0', '--data', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  while (!out.includes('\n')) out += String((await once(child.stdout!, 'data'))[0]);
  return out.split('\n')[0]!;
}

/** Writes until the store dies, and notes what was acknowledged. */
async function write(entries: Collection<Entry>, name: string, known: Map<string, number>): Promise<void> {
  for (let i = 0; ; i++) {
    const _id = `${name}-${i}`;
    try {
      await entries.insertOne({ _id, n: 0, twin: _id, list: [0] });
      known.set(_id, 0);
      await entries.updateOne({ _id }, { $inc: { n: 1 }, $push: { list: 1 } });
      known.set(_id, 1);
    } catch {
      return;
    }
  }
}

test(`no acknowledged write is lost over ${KILLS} kills under load`, async () => {
  const known = new Map<string, number>();
  for (let round = 0; round < KILLS; round++) {
    const client = new MongoClient(await start(), { maxPoolSize: WRITERS });
    await client.connect();
    const entries = client.db('a').collection<Entry>('entries');
    if (round === 0) await entries.createIndex({ twin: 1 }, { unique: true });
    const goal = known.size + 3 + (round % 7);
    const writers = Array.from({ length: WRITERS }, (_, w) => write(entries, `${round}-${w}`, known));
    // The kill comes after some number of acknowledged writes, not after some time: there is always load.
    while (known.size < goal) await new Promise((resolve) => setImmediate(resolve));
    child!.kill('SIGKILL');
    await once(child!, 'exit');
    // Closing the client ends the writers that still look for the store.
    await client.close();
    await Promise.all(writers);
  }
  const store = await startStore({ dataDir });
  const client = await new MongoClient(store.uri).connect();
  const entries = client.db('a').collection<Entry>('entries');
  const found = new Map((await entries.find().toArray()).map((entry) => [entry._id, entry]));
  const lost = [...known].filter(([id, n]) => (found.get(id)?.n ?? -1) < n);
  expect(lost).toEqual([]);
  // One command's effect on one document is all there or not at all, in the indexes too.
  expect([...found.values()].filter(({ n, list }) => list.length !== n + 1)).toEqual([]);
  const byTwin = await entries.find({}, { hint: { twin: 1 } }).toArray();
  expect(byTwin).toHaveLength(found.size);
  expect(known.size).toBeGreaterThan(KILLS * 3);
  await client.close();
  await store.close();
});
