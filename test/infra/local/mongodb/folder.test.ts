import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, open, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { startStore, StoreError } from '../../../../infra/local/mongodb/server.ts';
import { temporaryFolder } from './helpers.ts';

const MAIN = join(import.meta.dirname, '../../../../infra/local/mongodb/main.ts');
const children: ChildProcess[] = [];
let dataDir: string;

beforeEach(async () => {
  dataDir = await temporaryFolder();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(dataDir, { recursive: true, force: true });
});

interface Run {
  child: ChildProcess;
  out: () => string;
  err: () => string;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  return { child, out: () => out, err: () => err };
}

async function uriOf({ child, out }: Run): Promise<string> {
  while (!/Ctrl-C/.test(out())) await once(child.stdout!, 'data');
  return out().split('\n')[0]!;
}

async function message(attempt: Promise<unknown>): Promise<string> {
  const error: unknown = await attempt.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(StoreError);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
}

test('the command prints its URI, serves, and ends cleanly', async () => {
  const running = run('--port', '0', '--data', dataDir);
  const uri = await uriOf(running);
  expect(running.out()).toMatch(/one machine and for tests/);
  const client = await new MongoClient(uri).connect();
  await client.db('a').collection('a').insertOne({ a: 1 });
  running.child.kill('SIGINT');
  expect(await once(running.child, 'exit')).toEqual([0, null]);
  await client.close();
  const store = await startStore({ dataDir });
  const again = await new MongoClient(store.uri).connect();
  expect(await again.db('a').collection('a').countDocuments()).toBe(1);
  await again.close();
  await store.close();
});

test.each([
  ['--frob', 2, /--frob/],
  ['--port=x', 2, /'--port <port>' argument 'x' is invalid/],
  ["--port=mongodb://u:hun'ter2@h", 2, /argument 'mongodb:\/\/\*\*\*' is invalid/],
  ["--mongodb://u:hun'ter2@h", 2, /Unknown option '--mongodb:\/\/\*\*\*'/],
  ['--data=mongodb://u:hunter2@h', 2, /takes a URI of MongoDB/],
])('the command refuses %s in one line', async (arg, code, text) => {
  const running = run(arg);
  expect(await once(running.child, 'exit')).toEqual([code, null]);
  expect(running.err().trim()).toMatch(text);
  expect(running.err().trim().split('\n')).toHaveLength(1);
  expect(running.err()).not.toMatch(/hun'?ter2/);
});

test('--help says how', async () => {
  const running = run('--help');
  expect(await once(running.child, 'exit')).toEqual([0, null]);
  expect(running.out()).toMatch(/Usage/);
});

test('a folder is held by one process, and free again once that was killed', async () => {
  const running = run('--port', '0', '--data', dataDir);
  await uriOf(running);
  expect(await message(startStore({ dataDir }))).toBe(
    `The data folder ${dataDir} is held by process ${running.child.pid}: stop that store, or use another folder`,
  );
  const second = run('--port', '0', '--data', dataDir);
  expect(await once(second.child, 'exit')).toEqual([1, null]);
  expect(second.err()).toMatch(/is held by process/);
  running.child.kill('SIGKILL');
  await once(running.child, 'exit');
  await (await startStore({ dataDir })).close();
});

test('of many processes at once one gets the folder', async () => {
  const runs = Array.from({ length: 4 }, () => run('--port', '0', '--data', dataDir));
  const outcomes = await Promise.all(
    runs.map((one) =>
      Promise.race([uriOf(one).then(() => 'serves'), once(one.child, 'exit').then(() => 'refused')]),
    ),
  );
  expect(outcomes.sort()).toEqual(['refused', 'refused', 'refused', 'serves']);
});

test('one process opens a folder once at a time', async () => {
  const store = await startStore({ dataDir });
  expect(await message(startStore({ dataDir }))).toContain(`held by process ${process.pid}`);
  await store.close();
  await (await startStore({ dataDir })).close();
});

test('a port in use is named', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  expect(await message(startStore({ dataDir, port }))).toContain(`Port ${port} is in use`);
  await new Promise((resolve) => other.close(resolve));
  await (await startStore({ dataDir })).close();
});

test('only loopback is listened on', async () => {
  for (const host of ['0.0.0.0', '::', '192.168.0.1', 'example.org']) {
    expect(await message(startStore({ dataDir, host }))).toContain(host);
  }
});

test('each kind of corrupt folder is reported', async () => {
  const file = join(dataDir, 'data.mdb');
  await (await startStore({ dataDir })).close();
  await truncate(file, 8192);
  expect(await message(startStore({ dataDir }))).toContain('is corrupt');
  await truncate(file, 100);
  expect(await message(startStore({ dataDir }))).toContain('is corrupt');
  await writeFile(file, 'this is something else entirely'.repeat(1000));
  expect(await message(startStore({ dataDir }))).toContain('is corrupt');
  await rm(file);
  await mkdir(file);
  expect(await message(startStore({ dataDir }))).toContain('is corrupt');
});

test('a folder of another format is reported', async () => {
  const { open: openLmdb } = await import('lmdb');
  const root = openLmdb<Buffer, Buffer>({
    path: dataDir,
    overlappingSync: false,
    maxDbs: 8,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  const meta = root.openDB<Buffer, Buffer>({ name: 'meta', encoding: 'binary', keyEncoding: 'binary' });
  meta.putSync(Buffer.from('format'), Buffer.from('99'));
  await root.close();
  expect(await message(startStore({ dataDir }))).toContain('has format 99');
});

test('a folder that cannot be created is reported', async () => {
  const blocked = join(dataDir, 'file');
  await appendFile(blocked, 'x');
  expect(await message(startStore({ dataDir: join(blocked, 'inside') }))).toContain("can't be made");
});

test('close ends all connections and may be called twice', async () => {
  const store = await startStore({ dataDir });
  const client = await new MongoClient(store.uri, { serverSelectionTimeoutMS: 200 }).connect();
  await client.db('a').collection('a').insertOne({ a: 1 });
  await Promise.all([store.close(), store.close()]);
  await expect(client.db('a').command({ ping: 1 })).rejects.toThrow();
  await client.close();
  const handle = await open(join(dataDir, 'data.mdb'));
  await handle.close();
});
