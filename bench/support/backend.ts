import { existsSync, readFileSync } from 'node:fs';
import type { Backend } from '../contestants/contestant.ts';
import { startChild } from './child.ts';
import { temporaryFolder } from './folder.ts';
import { startPostgres } from './postgres.ts';
import type { RunningBackend } from './running-backend.ts';

export async function startBackend(backend: Backend): Promise<RunningBackend> {
  if (backend === 'none') return { title: 'in memory', uri: '', stop: () => Promise.resolve() };
  if (backend === 'postgres') return startPostgres();
  const folder = temporaryFolder();
  const kind = backend === 'store' ? [] : ['replica-set'];
  const child = await startChild(new URL('store-process.ts', import.meta.url), [folder.path, ...kind]);
  const { uri } = await child.next<{ uri: string }>();
  // Linux counts what a process has written.
  const counters = `/proc/${child.process.pid}/io`;
  return {
    title: 'embedded store',
    uri,
    ...(existsSync(counters) && { writtenBytes: () => writtenBytes(counters) }),
    async stop() {
      await child.stop();
      folder.remove();
    },
  };
}

const writtenBytes = (counters: string) =>
  Number(/^write_bytes: (\d+)$/m.exec(readFileSync(counters, 'utf8'))![1]);
