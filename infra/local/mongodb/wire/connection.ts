import type { Socket } from 'node:net';
import { messageLength, parseMessage, replyMessage, type Request } from './message.ts';

/** Carries one request out and passes its reply, if any, to `send`; false where the connection is to end. */
export type Respond = (request: Request, send: (body: Uint8Array) => Promise<void>) => Promise<boolean>;

/**
 * One client's socket: whole messages in, one at a time, replies out in the same order. Bytes that are no
 * message end this connection and nothing else. Resolves when the socket is closed.
 */
export async function serve(socket: Socket, respond: Respond): Promise<void> {
  socket.setNoDelay(true);
  // A client that goes away is no event here; the loop below ends with the socket.
  socket.on('error', () => socket.destroy());
  try {
    for await (const request of messages(socket)) {
      const goesOn = await respond(request, async (body) => {
        if (!request.moreToCome) await write(socket, replyMessage(request, body));
      });
      if (!goesOn) return;
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
    // Joined only when a message is complete: a large one arrives in hundreds of pieces.
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
