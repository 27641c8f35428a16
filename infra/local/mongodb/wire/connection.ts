import type { Socket } from 'node:net';
import type { ConnectionInfo, StoreState } from '../commands/call.ts';
import { dispatch, eventOf } from '../commands/dispatch.ts';
import { messageLength, parseMessage, replyMessage, type Request } from './message.ts';

/**
 * One client's socket: whole messages in, one at a time, replies out in the same order. Bytes that are no
 * message end this connection and nothing else. Resolves when the socket is closed.
 */
export async function serve(socket: Socket, store: StoreState, id: number): Promise<void> {
  const connection: ConnectionInfo = { id };
  socket.setNoDelay(true);
  // A client that goes away is no event here; the loop below ends with the socket.
  socket.on('error', () => socket.destroy());
  try {
    for await (const request of messages(socket)) {
      await store.options.onCommand?.(eventOf(request, 'received', connection));
      const outcome = await dispatch(store, connection, request);
      if ('close' in outcome) return;
      if (!request.moreToCome) await send(socket, replyMessage(request, outcome.reply));
      await store.options.onCommand?.(eventOf(request, 'answered', connection));
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

function send(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
