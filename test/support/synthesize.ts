import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { synthesize } from '../../infra/local/synthesize.ts';

// Run before the tests: they share one assembly, and would make it several times over at once.
const root = fileURLToPath(new URL('../..', import.meta.url));
await synthesize(root, join(root, '.local', 'assembly'));
