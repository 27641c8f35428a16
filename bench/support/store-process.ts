import { startStore } from '../../infra/local/mongodb/server.ts';

// The embedded store in a process of its own. Arguments: data folder, and 'replica-set' for who needs transactions.
const [dataDir, kind] = process.argv.slice(2);
const began = performance.now();
const store = await startStore({ dataDir: dataDir!, ...(kind === 'replica-set' && { replicaSet: 'rs0' }) });
console.log(JSON.stringify({ uri: store.uri, openMs: performance.now() - began }));
process.once('SIGTERM', () => void store.close().then(() => process.exit()));
