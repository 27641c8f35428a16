import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';

/** Connection upkeep, which comes with time and not with work. */
const UPKEEP = new Set(['hello', 'isMaster', 'ismaster', 'ping', 'endSessions', 'buildInfo']);

/** Postgres messages that make the server do something: a simple query, and the execution of a prepared one. */
const QUERY = 'Q'.charCodeAt(0);
const EXECUTE = 'E'.charCodeAt(0);

export interface CountingProxy {
  uri: string;
  /** Commands that went through so far. */
  commands(): number;
  /** Bytes that clients sent so far. */
  bytes(): number;
  close(): Promise<void>;
}

/** Passes everything on between clients and a store, and counts the commands and the bytes on the wire. */
export async function startCountingProxy(uri: string): Promise<CountingProxy> {
  const target = new URL(uri);
  const { port, hostname } = target;
  const counter = uri.startsWith('mongodb') ? mongodbCommands : postgresCommands;
  let commands = 0;
  let bytes = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const take = counter(() => commands++);
    client.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      take(chunk);
    });
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => [client, upstream].forEach((each) => each.destroy()));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  target.port = String((server.address() as AddressInfo).port);
  if (uri.startsWith('mongodb')) {
    // A replica set that is asked for by its name sends its clients to itself, past the proxy.
    target.searchParams.delete('replicaSet');
    target.searchParams.set('directConnection', 'true');
  }
  return {
    uri: target.href,
    commands: () => commands,
    bytes: () => bytes,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Cuts a stream into whole messages; `length` answers how long the one at the start is, once it can tell. */
function messages(length: (bytes: Buffer) => number | undefined, take: (message: Buffer) => void) {
  let bytes: Buffer = Buffer.alloc(0);
  return (chunk: Buffer) => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    for (;;) {
      const whole = length(bytes);
      if (whole === undefined || bytes.length < whole) return;
      take(bytes.subarray(0, whole));
      bytes = bytes.subarray(whole);
    }
  };
}

const OP_MSG = 2013;

function mongodbCommands(counted: () => void) {
  const length = (bytes: Buffer) => (bytes.length < 4 ? undefined : bytes.readInt32LE(0));
  return messages(length, (message) => {
    if (message.readInt32LE(12) !== OP_MSG) return;
    const name = message.toString('latin1', 26, message.indexOf(0, 26));
    if (!UPKEEP.has(name)) counted();
  });
}

function postgresCommands(counted: () => void) {
  // The first message of a connection carries no type.
  let isFirst = true;
  const length = (bytes: Buffer) => {
    const at = isFirst ? 0 : 1;
    return bytes.length < at + 4 ? undefined : at + bytes.readInt32BE(at);
  };
  return messages(length, (message) => {
    if (!isFirst && (message[0] === QUERY || message[0] === EXECUTE)) counted();
    isFirst = false;
  });
}
