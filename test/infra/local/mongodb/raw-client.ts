import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'bson';
import type { Document } from 'bson';

/** A bare socket that speaks OP_MSG, for what no driver would send. */
export class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  private received = Buffer.alloc(0);
  private wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    void this.closed.then(() => this.wake());
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  async command(body: Document): Promise<Document> {
    this.socket.write(message(body));
    return this.reply();
  }

  /** The next reply's document, whichever opcode it comes in. */
  async reply(): Promise<Document> {
    for (;;) {
      const { received } = this;
      if (received.length >= 4 && received.length >= received.readInt32LE(0)) {
        const whole = received.subarray(0, received.readInt32LE(0));
        this.received = received.subarray(whole.length);
        return deserialize(whole.subarray(whole.readInt32LE(12) === 1 ? 36 : 21));
      }
      if (this.socket.destroyed) throw new Error('the connection was closed');
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  close(): Promise<void> {
    this.socket.destroy();
    return this.closed;
  }
}

export function header(length: number, opCode: number, requestId = 7): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(length, 0);
  bytes.writeInt32LE(requestId, 4);
  bytes.writeInt32LE(opCode, 12);
  return bytes;
}

/** A whole message of the opcode around `payload`. */
export function framed(payload: Buffer, opCode = 2013): Buffer {
  return Buffer.concat([header(16 + payload.length, opCode), payload]);
}

export function flags(bits: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(bits);
  return bytes;
}

export function bodySection(body: Document): Buffer {
  return Buffer.concat([Buffer.from([0]), serialize(body)]);
}

/** A section of documents under a name. */
export function sequenceSection(name: string, documents: Document[]): Buffer {
  const content = Buffer.concat([
    Buffer.from(`${name}\0`),
    ...documents.map((document) => serialize(document)),
  ]);
  const size = Buffer.alloc(4);
  size.writeInt32LE(4 + content.length);
  return Buffer.concat([Buffer.from([1]), size, content]);
}

export function message(body: Document): Buffer {
  return framed(
    Buffer.concat([flags(0), bodySection({ ...body, $db: (body.$db as string | undefined) ?? 'test' })]),
  );
}
