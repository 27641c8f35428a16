import type { Socket } from 'node:net';
import { messageLength, parseMessage, replyMessage, type Request } from './message.ts';

/** Executes a request and passes its reply to `send`; false when the connection must end. */
export type Respond = (request: Request, send: (body: Uint8Array) => Promise<void>) => Promise<boolean>;

/**
 * Serves one client: reads whole messages, one at a time, and sends replies in the same order. Bytes that are
 * not a message end only this connection. Resolves when the socket is closed.
 */
export async function serve(socket: Socket, respond: Respond): Promise<void> {
  socket.setNoDelay(true);
  // A lost client needs no handling here: the loop below ends with the socket.
  socket.on('error', () => socket.destroy());
  try {
    for await (const request of messages(socket)) {
      const open = await respond(request, async (body) => {
        if (!request.moreToCome) await write(socket, replyMessage(request, body));
      });
      if (!open) return;
    }
  } catch {
    // MalformedMessage, a socket that broke, or an observer that threw: only this connection ends.
  } finally {
    socket.destroy();
  }
}

async function* messages(socket: Socket): AsyncGenerator<Request> {
  let parts: Buffer[] = [];
  let have = 0;
  let wanted: number | undefined;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    parts.push(chunk);
    have += chunk.length;
    // Joined only when a message is complete: a large one arrives in hundreds of chunks.
    if (have < (wanted ?? 4)) continue;
    let bytes = parts.length === 1 ? chunk : Buffer.concat(parts);
    for (;;) {
      wanted = messageLength(bytes);
      if (wanted === undefined || bytes.length < wanted) break;
      yield parseMessage(bytes.subarray(0, wanted));
      bytes = bytes.subarray(wanted);
    }
    parts = bytes.length === 0 ? [] : [bytes];
    have = bytes.length;
  }
}

function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
