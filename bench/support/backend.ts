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
  return {
    title: 'embedded store',
    uri,
    async stop() {
      await child.stop();
      folder.remove();
    },
  };
}
