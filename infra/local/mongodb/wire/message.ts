import { decode, type Doc } from '../bson/values.ts';

export const MAX_MESSAGE_BYTES = 48_000_000;
const HEADER_BYTES = 16;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
const KNOWN_REQUIRED_BITS = CHECKSUM_PRESENT | MORE_TO_COME;

/** One request, whichever opcode it came in. */
export interface Request {
  requestId: number;
  /** OP_QUERY: only for the old handshake, which expects OP_REPLY. */
  legacy: boolean;
  /** The sender expects no reply (unacknowledged write). */
  moreToCome: boolean;
  command: string;
  body: Doc;
  /** Documents of an insert, byte for byte as sent. */
  documents?: Uint8Array[];
}

/** Bytes that are not a message: only this connection ends. */
export class MalformedMessage extends Error {}

/** The length that the message at the start of `bytes` claims; undefined while too little has arrived. */
export function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readInt32LE(0);
  if (length < HEADER_BYTES + 5 || length > MAX_MESSAGE_BYTES) {
    throw new MalformedMessage(
      `message length ${length} is outside ${HEADER_BYTES + 5}..${MAX_MESSAGE_BYTES}`,
    );
  }
  return length;
}

/** Parses a whole message. Throws `MalformedMessage`. */
export function parseMessage(bytes: Buffer): Request {
  const requestId = bytes.readInt32LE(4);
  const opCode = bytes.readInt32LE(12);
  try {
    if (opCode === OP_MSG) return parseMsg(bytes, requestId);
    if (opCode === OP_QUERY) return parseQuery(bytes, requestId);
  } catch (error) {
    throw error instanceof MalformedMessage ? error : new MalformedMessage(String(error));
  }
  throw new MalformedMessage(`opcode ${opCode} is not served`);
}

function parseMsg(bytes: Buffer, requestId: number): Request {
  const flags = bytes.readUInt32LE(HEADER_BYTES);
  if (flags & 0xffff & ~KNOWN_REQUIRED_BITS) throw new MalformedMessage(`unknown flag bits ${flags}`);
  const end = bytes.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  if (flags & CHECKSUM_PRESENT && crc32c(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) {
    throw new MalformedMessage('checksum differs');
  }
  let bodyBytes: Buffer | undefined;
  const sequences = new Map<string, Buffer[]>();
  let at = HEADER_BYTES + 4;
  while (at < end) {
    const kind = bytes[at++];
    if (kind === 0) {
      if (bodyBytes) throw new MalformedMessage('more than one body section');
      bodyBytes = documentAt(bytes, at, end);
      at += bodyBytes.length;
    } else if (kind === 1) {
      const size = bytes.readInt32LE(at);
      const stop = at + size;
      const nameEnd = bytes.indexOf(0, at + 4);
      if (size < 5 || stop > end || nameEnd === -1 || nameEnd >= stop)
        throw new MalformedMessage('bad section');
      const name = bytes.toString('utf8', at + 4, nameEnd);
      if (sequences.has(name)) throw new MalformedMessage(`section ${name} is there twice`);
      const documents: Buffer[] = [];
      for (at = nameEnd + 1; at < stop;) {
        const document = documentAt(bytes, at, stop);
        documents.push(document);
        at += document.length;
      }
      sequences.set(name, documents);
    } else throw new MalformedMessage(`section kind ${kind}`);
  }
  if (!bodyBytes) throw new MalformedMessage('no body section');
  const request = parseBody(bodyBytes, requestId, false);
  request.moreToCome = (flags & MORE_TO_COME) !== 0;
  for (const [name, documents] of sequences) {
    if (Object.hasOwn(request.body, name))
      throw new MalformedMessage(`${name} is both a field and a section`);
    if (request.command === 'insert' && name === 'documents') request.documents = documents;
    else request.body[name] = documents.map((document) => decode(document));
  }
  return request;
}

function parseBody(bytes: Buffer, requestId: number, legacy: boolean): Request {
  // The first field's name is the command. It is read before decoding, because the documents of an insert stay bytes.
  const command = bytes[4] === 0 ? '' : bytes.toString('utf8', 5, bytes.indexOf(0, 5));
  const body = decode(bytes, command === 'insert' ? 'documents' : undefined);
  const request: Request = { requestId, legacy, moreToCome: false, command, body };
  if (command === 'insert' && Array.isArray(body.documents)) {
    request.documents = body.documents as Uint8Array[];
    if (request.documents.some((document) => !ArrayBuffer.isView(document))) request.documents = undefined;
  }
  return request;
}

function parseQuery(bytes: Buffer, requestId: number): Request {
  const nameEnd = bytes.indexOf(0, HEADER_BYTES + 4);
  const namespace = bytes.toString('utf8', HEADER_BYTES + 4, nameEnd);
  if (nameEnd === -1 || !namespace.endsWith('.$cmd'))
    throw new MalformedMessage('OP_QUERY is for the handshake');
  const request = parseBody(documentAt(bytes, nameEnd + 9, bytes.length), requestId, true);
  request.body.$db = namespace.slice(0, -'.$cmd'.length);
  return request;
}

function documentAt(bytes: Buffer, at: number, end: number): Buffer {
  if (at + 5 > end) throw new MalformedMessage('a document is cut off');
  const size = bytes.readInt32LE(at);
  if (size < 5 || at + size > end || bytes[at + size - 1] !== 0)
    throw new MalformedMessage('bad document length');
  return bytes.subarray(at, at + size);
}

let lastReplyId = 0;

/** The whole reply message to `request`. */
export function replyMessage(request: Request, body: Uint8Array): Buffer {
  const between = request.legacy ? 20 : 5;
  const bytes = Buffer.alloc(HEADER_BYTES + between);
  bytes.writeInt32LE(bytes.length + body.length, 0);
  lastReplyId = (lastReplyId + 1) & 0x7fffffff;
  bytes.writeInt32LE(lastReplyId, 4);
  bytes.writeInt32LE(request.requestId, 8);
  bytes.writeInt32LE(request.legacy ? OP_REPLY : OP_MSG, 12);
  if (request.legacy) bytes.writeInt32LE(1, 32);
  return Buffer.concat([bytes, body]);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

/** CRC-32C, the checksum of OP_MSG. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
