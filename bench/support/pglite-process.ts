import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

// Postgres as WebAssembly, where the machine has none. Argument: data folder.
const db = await PGlite.create(process.argv[2]!);
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 50 });
await server.start();
const { port } = (server as unknown as { server: { address(): { port: number } } }).server.address();
console.log(JSON.stringify({ uri: `postgresql://postgres:postgres@127.0.0.1:${port}/postgres` }));
process.once('SIGTERM', () => process.exit());
