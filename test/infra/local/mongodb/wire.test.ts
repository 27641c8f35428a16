import { serialize } from 'bson';
import { crc32c } from '../../../../infra/local/mongodb/wire/message.ts';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';
import { bodySection, flags, framed, header, message, RawClient, sequenceSection } from './raw-client.ts';

let t: TestStore;
let raw: RawClient;
beforeAll(async () => {
  t = await testStore();
});
beforeEach(async () => {
  raw = await RawClient.open(t.store.port);
});
afterEach(() => raw.close());
afterAll(() => t.stop());

/** The store still serves others, and nothing was stored. */
async function stillServes(): Promise<void> {
  expect(await t.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
}

test('documents may come in the body or in a section of their own', async () => {
  await raw.command({ insert: 'a', documents: [{ _id: 1 }] });
  const sections = [
    bodySection({ insert: 'a', $db: 'test' }),
    sequenceSection('documents', [{ _id: 2 }, { _id: 3 }]),
  ];
  raw.socket.write(framed(Buffer.concat([flags(0), ...sections])));
  expect(await raw.reply()).toMatchObject({ n: 2, ok: 1 });
  // The order of the sections is free.
  raw.socket.write(
    framed(
      Buffer.concat([
        flags(0),
        sequenceSection('deletes', [{ q: { _id: 2 }, limit: 1 }]),
        bodySection({ delete: 'a', $db: 'test' }),
      ]),
    ),
  );
  expect(await raw.reply()).toMatchObject({ n: 1, ok: 1 });
  expect(await t.db.collection('a').countDocuments()).toBe(2);
});

test('a correct checksum is accepted, a wrong one ends the connection', async () => {
  const unsigned = Buffer.concat([flags(1), bodySection({ ping: 1, $db: 'test' })]);
  const start = Buffer.concat([header(16 + unsigned.length + 4, 2013), unsigned]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32c(start));
  raw.socket.write(Buffer.concat([start, checksum]));
  expect(await raw.reply()).toMatchObject({ ok: 1 });
  checksum.writeUInt32LE((crc32c(start) ^ 1) >>> 0);
  raw.socket.write(Buffer.concat([start, checksum]));
  await raw.closed;
  await stillServes();
});

test('a known checksum', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

test('moreToCome gets no reply, the next command does', async () => {
  const insert = bodySection({ insert: 'quiet', documents: [{ _id: 1 }], $db: 'test' });
  raw.socket.write(framed(Buffer.concat([flags(2), insert])));
  expect(await raw.command({ count: 'quiet' })).toMatchObject({ n: 1 });
});

test('the old handshake is answered in the old form', async () => {
  const query = Buffer.concat([
    flags(0),
    Buffer.from('admin.$cmd\0'),
    Buffer.alloc(4),
    Buffer.from([255, 255, 255, 255]),
  ]);
  raw.socket.write(framed(Buffer.concat([query, serialize({ isMaster: 1, helloOk: true })]), 2004));
  expect(await raw.reply()).toMatchObject({ ismaster: true, helloOk: true, maxWireVersion: 21, ok: 1 });
});

test('a message in many small pieces, and several in one piece', async () => {
  for (const byte of message({ ping: 1 })) raw.socket.write(Buffer.from([byte]));
  expect(await raw.reply()).toMatchObject({ ok: 1 });
  raw.socket.write(Buffer.concat([message({ ping: 1 }), message({ count: 'none' }), message({ ping: 1 })]));
  expect(await raw.reply()).toMatchObject({ ok: 1 });
  expect(await raw.reply()).toMatchObject({ n: 0 });
  expect(await raw.reply()).toMatchObject({ ok: 1 });
});

const document = serialize({ ping: 1, $db: 'test' });
const broken: Record<string, Buffer> = {
  'a length below the header': header(5, 2013),
  'a negative length': header(-1, 2013),
  'a length over the limit': header(48_000_001, 2013),
  'an unknown opcode': framed(Buffer.alloc(20), 9999),
  'unknown required flags': framed(Buffer.concat([flags(1 << 5), bodySection({ ping: 1 })])),
  'no section': framed(Buffer.concat([flags(0), Buffer.from([])]).subarray(0, 4)),
  'an unknown kind of section': framed(Buffer.concat([flags(0), Buffer.from([9]), document])),
  'two bodies': framed(Buffer.concat([flags(0), bodySection({ ping: 1 }), bodySection({ ping: 1 })])),
  'a document longer than the message': framed(
    Buffer.concat([flags(0), Buffer.from([0]), Buffer.from([255, 0, 0, 0]), document.subarray(4)]),
  ),
  'a section longer than the message': framed(
    Buffer.concat([flags(0), bodySection({ ping: 1 }), Buffer.from([1, 255, 255, 255, 127, 97, 0])]),
  ),
  'an OP_QUERY that is no command': framed(
    Buffer.concat([flags(0), Buffer.from('test.users\0'), Buffer.alloc(8), document]),
    2004,
  ),
  'text for another protocol': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
};

test.each(Object.entries(broken))('%s ends only that connection', async (_name, bytes) => {
  raw.socket.write(bytes);
  await raw.closed;
  await stillServes();
});

test('half a message is awaited, and dropped when its sender disconnects', async () => {
  const whole = message({ insert: 'half', documents: [{ _id: 1 }] });
  raw.socket.write(whole.subarray(0, whole.length - 3));
  await stillServes();
  await raw.close();
  expect(await t.db.collection('half').countDocuments()).toBe(0);
});

test('random bytes and damaged messages end at most their own connection', async () => {
  let seed = 7;
  const next = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const samples = [
    message({ insert: 'f', documents: [{ a: [1, { b: 'x' }], c: new Date(0) }] }),
    message({ find: 'f', filter: { a: { $elemMatch: { b: 'x' } } }, sort: { a: 1 } }),
    message({ update: 'f', updates: [{ q: {}, u: { $push: { a: { $each: [1] } } }, multi: true }] }),
    message({ aggregate: 'f', pipeline: [{ $group: { _id: '$a', n: { $sum: 1 } } }], cursor: {} }),
  ];
  for (let i = 0; i < 300; i++) {
    const client = await RawClient.open(t.store.port);
    let bytes = Buffer.from(samples[Math.floor(next() * samples.length)]!);
    if (i % 5 === 0)
      bytes = Buffer.from(Array.from({ length: 1 + Math.floor(next() * 200) }, () => next() * 256));
    else {
      const from = i % 2 === 0 ? 0 : 21;
      for (let n = 0; n < 1 + next() * 4; n++)
        bytes[from + Math.floor(next() * (bytes.length - from))] = next() * 256;
    }
    client.socket.end(bytes);
    await client.closed;
  }
  await stillServes();
  await t.db.collection('f').find().toArray();
});

/** `{ a: { a: ... } }`, encoded here: the library's encoder would overflow its stack. */
function nested(levels: number): Buffer {
  const open = Buffer.from([0, 0, 0, 0, 3, 97, 0]);
  const total = 5 + 8 * levels;
  const parts = Array.from({ length: levels }, (_, i) => {
    const part = Buffer.from(open);
    part.writeInt32LE(total - 8 * i);
    return part;
  });
  return Buffer.concat([...parts, Buffer.from([5, 0, 0, 0]), Buffer.alloc(levels + 1)]);
}

test('nesting beyond the limit is an error of the command only', async () => {
  const insert = (levels: number) => {
    const name = Buffer.from('documents\0');
    const size = Buffer.alloc(4);
    const document = nested(levels);
    size.writeInt32LE(4 + name.length + document.length);
    const body = bodySection({ insert: 'deep', $db: 'test' });
    raw.socket.write(framed(Buffer.concat([flags(0), body, Buffer.from([1]), size, name, document])));
    return raw.reply();
  };
  expect(await insert(170)).toMatchObject({ n: 1 });
  expect(await insert(190)).toMatchObject({ n: 0, writeErrors: [{ code: 15 }] });
  expect(await insert(100_000).catch(() => ({ ok: 0 }))).not.toMatchObject({ n: 1 });
  await stillServes();
});
