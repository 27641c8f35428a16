import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { sign } from 'aws4';
import { Binary, BSON, type Document } from 'bson';

const OP_MSG = 2013;

/** The embedded store behind a proxy that asks for credentials; the store itself does not. */
export interface GuardedStore {
  /** A URI with this password. */
  uri(password: string): string;
  /** The URI without one, for clients that sign with the keys of a role. */
  iamUri: string;
  /** Changes the password, and closes every connection. */
  rotate(password: string): void;
  /** Passwords that were refused, and access keys that were accepted. */
  refused: string[];
  roles: string[];
  close(): Promise<void>;
}

/**
 * Speaks as much of MongoDB's authentication as the driver needs for PLAIN and MONGODB-AWS, and passes on the rest: so
 * it is the driver's own dialogue and its own errors that a test sees.
 *
 * @param secretAccessKey the one by which roles sign
 */
export async function guardStore(
  storeUri: string,
  initialPassword: string,
  secretAccessKey: string,
): Promise<GuardedStore> {
  let password = initialPassword;
  const { hostname, port: storePort } = new URL(storeUri);
  const inside = new Set<Socket>();
  const refused: string[] = [];
  const roles: string[] = [];

  const server = createServer((client) => {
    const store = connect(Number(storePort), hostname);
    for (const socket of [client, store]) inside.add(socket.on('error', () => undefined));
    store.pipe(client);
    client.on('close', () => store.destroy());
    let isAuthenticated = false;
    let nonce = Buffer.alloc(0);

    const open = (document: Document): Document => {
      isAuthenticated = true;
      return { ok: 1, conversationId: 1, done: true, payload: new Binary(Buffer.alloc(0)), ...document };
    };
    const authenticate = (body: Document): Document => {
      const payload = (body['payload'] as Binary).buffer;
      if (body['mechanism'] === 'PLAIN') {
        const given = Buffer.from(payload).toString('utf8').split('\0')[2]!;
        if (given === password) return open({});
        refused.push(given);
        return { ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg: 'Authentication failed.' };
      }
      if (body['mechanism'] === 'MONGODB-AWS') {
        const { r } = BSON.deserialize(payload) as { r: Binary };
        nonce = Buffer.concat([r.buffer, randomBytes(32)]);
        const challenge = BSON.serialize({ s: new Binary(nonce), h: 'sts.amazonaws.com' });
        return { ok: 1, conversationId: 1, done: false, payload: new Binary(challenge) };
      }
      const answer = BSON.deserialize(payload) as { a: string; d: string };
      const accessKeyId = /Credential=(\w+)\//.exec(answer.a)![1]!;
      if (answer.a !== signature(nonce, answer.d, { accessKeyId, secretAccessKey })) {
        return { ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg: 'The signature does not match.' };
      }
      roles.push(accessKeyId);
      return open({});
    };

    let received = Buffer.alloc(0);
    client.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
        const message = received.subarray(0, received.readInt32LE(0));
        received = received.subarray(message.length);
        const body = message.readInt32LE(12) === OP_MSG ? BSON.deserialize(message.subarray(21)) : {};
        if ('saslStart' in body || 'saslContinue' in body) client.write(reply(message, authenticate(body)));
        else if (isAuthenticated || message.readInt32LE(12) !== OP_MSG || 'hello' in body)
          store.write(message);
        else
          client.write(
            reply(message, { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not logged in' }),
          );
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const putOut = () => {
    for (const socket of inside) socket.destroy();
    inside.clear();
  };

  return {
    uri: (word) => `mongodb://trader:${word}@127.0.0.1:${port}/?authMechanism=PLAIN&authSource=%24external`,
    iamUri: `mongodb://127.0.0.1:${port}/?authMechanism=MONGODB-AWS&authSource=%24external`,
    rotate(next) {
      password = next;
      putOut();
    },
    refused,
    roles,
    async close() {
      putOut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function reply(request: Buffer, body: Document): Buffer {
  const document = BSON.serialize(body);
  const header = Buffer.alloc(21);
  header.writeInt32LE(header.length + document.length, 0);
  header.writeInt32LE(request.readInt32LE(4), 8);
  header.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([header, document]);
}

/** What a client signs by the specification of MONGODB-AWS: a request for its own identity, with the server's nonce. */
function signature(
  nonce: Buffer,
  date: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
): string {
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded',
    'Content-Length': body.length,
    'X-MongoDB-Server-Nonce': nonce.toString('base64'),
    'X-MongoDB-GS2-CB-Flag': 'n',
    'X-Amz-Date': date,
  };
  const request = {
    method: 'POST',
    host: 'sts.amazonaws.com',
    region: 'us-east-1',
    service: 'sts',
    path: '/',
  };
  return sign({ ...request, headers, body }, credentials).headers.Authorization;
}
