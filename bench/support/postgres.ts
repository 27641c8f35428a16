import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { startChild } from './child.ts';
import { temporaryFolder } from './folder.ts';
import type { RunningBackend } from './running-backend.ts';

const DEBIAN = '/usr/lib/postgresql';
const START_TRIES = 100;

/** The Postgres of this machine with its durable defaults, or else the one in WebAssembly. */
export async function startPostgres(): Promise<RunningBackend> {
  const version = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort().pop() : undefined;
  const bin = version && join(DEBIAN, version, 'bin');
  if (!bin || !existsSync(join(bin, 'initdb'))) return startPglite();
  return startServer(bin, `PostgreSQL ${version}`);
}

async function startServer(bin: string, title: string): Promise<RunningBackend> {
  const folder = temporaryFolder();
  const user = unprivileged();
  if (user) chownSync(folder.path, user.uid, user.gid);
  const data = join(folder.path, 'data');
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust'], {
    ...user,
    stdio: 'ignore',
  });
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-k', folder.path, '-h', '127.0.0.1'];
  const server = spawn(join(bin, 'postgres'), args, { ...user, stdio: 'ignore' });
  const ended = once(server, 'exit');
  const uri = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  await answering(uri);
  return {
    title,
    uri,
    async stop() {
      server.kill('SIGINT');
      await ended;
      folder.remove();
    },
  };
}

/** Postgres refuses to run as root; there it gets the account that Debian made for it. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function startPglite(): Promise<RunningBackend> {
  const folder = temporaryFolder();
  const child = await startChild(new URL('pglite-process.ts', import.meta.url), [join(folder.path, 'data')]);
  const { uri } = await child.next<{ uri: string }>();
  return {
    title: 'PGlite',
    uri,
    async stop() {
      await child.stop();
      folder.remove();
    },
  };
}

async function answering(uri: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const sql = postgres(uri, { max: 1, connect_timeout: 2 });
    try {
      await sql`select 1`;
      return;
    } catch (error) {
      if (tries === START_TRIES) throw error;
      await sleep(100);
    } finally {
      await sql.end();
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
