import { createServer } from 'node:net';
import { BSON } from 'mongodb';

// The same wire, none of the work: whatever the driver asks, the answer was made beforehand. What is left is what the
// driver and the socket cost, and so the most that any server in this language could reach.
const document = { _id: 1, symbol: 'AMZN', price: '102.48', qty: 1, note: 'x'.repeat(100) };
const answers: Record<string, Uint8Array> = {
  find: BSON.serialize({ cursor: { firstBatch: [document], id: BSON.Long.ZERO, ns: 'bench.points' }, ok: 1 }),
  insert: BSON.serialize({ n: 1, ok: 1 }),
};
const other = BSON.serialize({
  ismaster: true,
  isWritablePrimary: true,
  helloOk: true,
  maxBsonObjectSize: 16 * 1024 * 1024,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
  ok: 1,
});

const OP_REPLY = 1;
const OP_QUERY = 2004;

function answerTo(message: Buffer): Buffer {
  const legacy = message.readInt32LE(12) === OP_QUERY;
  const name = legacy ? 'hello' : message.toString('latin1', 26, message.indexOf(0, 26));
  const body = answers[name] ?? other;
  const head = Buffer.alloc(legacy ? 36 : 21);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(message.readInt32LE(4), 8);
  head.writeInt32LE(legacy ? OP_REPLY : 2013, 12);
  if (legacy) head.writeInt32LE(1, 32);
  return Buffer.concat([head, body]);
}

const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  let bytes: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= bytes.readInt32LE(0)) {
      const length = bytes.readInt32LE(0);
      socket.write(answerTo(bytes.subarray(0, length)));
      bytes = bytes.subarray(length);
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  console.log(JSON.stringify({ uri: `mongodb://127.0.0.1:${port}/?directConnection=true` }));
});
process.once('SIGTERM', () => process.exit());
