import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import {
  messageLength,
  parseMessage,
  replyMessage,
  type Request,
} from '../../infra/local/mongodb/wire/message.ts';
import { encode } from '../../infra/local/mongodb/bson/values.ts';
import type { Boundary, Fault } from './fault-boundary.ts';

/** What drivers send of their own accord. */
const UPKEEP = new Set(['hello', 'isMaster', 'ismaster', 'ping', 'endSessions']);

/** A proxy before a store, which speaks its wire protocol and lets a fault happen at each command. */
export class StoreProxy {
  readonly #fault: Fault;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => void this.#serve(client));
  #port = 0;
  #upstream = 0;
  #outage: NodeJS.Timeout | undefined;

  constructor(fault: Fault) {
    this.#fault = fault;
  }

  async listen(upstreamPort: number): Promise<void> {
    this.#upstream = upstreamPort;
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** As a member of a replica set, to which drivers send retryable writes, but without looking for the other members. */
  get uri(): string {
    return `mongodb://127.0.0.1:${this.#port}/?directConnection=true`;
  }

  /** The store is away: each connection ends, and each new one is refused; every now and then, time passes. */
  breakDown(passTime: () => void): void {
    this.#outage ??= setInterval(passTime, 100);
    for (const socket of this.#sockets) socket.destroy();
  }

  recover(): void {
    clearInterval(this.#outage);
    this.#outage = undefined;
  }

  async close(): Promise<void> {
    this.recover();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(client: Socket): Promise<void> {
    if (this.#outage) {
      client.on('error', () => undefined).destroy();
      return;
    }
    const upstream = connect(this.#upstream, '127.0.0.1').setNoDelay(true);
    const ends = [client.setNoDelay(true), upstream];
    const destroy = () => ends.forEach((socket) => socket.destroy());
    for (const socket of ends) {
      this.#sockets.add(socket);
      socket.on('error', destroy).on('close', () => this.#sockets.delete(socket));
    }
    try {
      await this.#relay(client, upstream);
    } catch {
      // Either side went away, in mid-message or between two.
    } finally {
      destroy();
    }
  }

  /** One command at a time, as drivers send them. */
  async #relay(client: Socket, upstream: Socket): Promise<void> {
    const replies = messages(upstream);
    let appName: string | undefined;
    for await (const message of messages(client)) {
      const request = parseMessage(message);
      const name = request.command;
      appName ??= applicationName(request);
      const verdictAt = (phase: Boundary['phase']) =>
        UPKEEP.has(name) ? undefined : this.#fault({ kind: 'command', name, phase, appName });

      let verdict = await verdictAt('received');
      let reply: Buffer | undefined;
      if (!verdict) {
        upstream.write(message);
        reply = (await replies.next()).value as Buffer | undefined;
        if (!reply) return;
        verdict = await verdictAt('answered');
      }
      if (verdict === 'swallowed') await new Promise((resolve) => client.once('close', resolve));
      if (typeof verdict === 'string') return;
      if (verdict && 'reply' in verdict) reply = replyMessage(request, encode(verdict.reply));
      client.write(reply!);
    }
  }
}

/** Whole messages of the wire protocol, in either direction. */
async function* messages(socket: Socket): AsyncGenerator<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    for (let length = messageLength(bytes); length && bytes.length >= length; length = messageLength(bytes)) {
      yield bytes.subarray(0, length);
      bytes = bytes.subarray(length);
    }
  }
}

function applicationName({ body }: Request): string | undefined {
  const { client } = body as { client?: { application?: { name?: string } } };
  return client?.application?.name;
}
