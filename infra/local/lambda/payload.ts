import type { IncomingMessage } from 'node:http';
import { ServiceError } from './errors.ts';

/** Lambda's limit on the payload of a synchronous invocation, either way, in bytes. */
export const PAYLOAD_LIMIT = 6_291_556;
/** Lambda's limit on the payload of an asynchronous invocation, in bytes. */
const EVENT_LIMIT = 1_048_576;

/** @throws ServiceError if there is more than a synchronous invocation takes */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > PAYLOAD_LIMIT) {
      throw tooLarge(`Request must be smaller than ${PAYLOAD_LIMIT} bytes for the InvokeFunction operation`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The JSON text of an invocation. An empty payload is `{}`, as on AWS.
 *
 * @throws ServiceError in Lambda's words, if the bytes are not UTF-8 or the text is not JSON
 */
export function parsePayload(body: Buffer, type: 'RequestResponse' | 'Event' | 'DryRun'): string {
  if (type === 'Event' && body.length > EVENT_LIMIT) {
    const limit = `limit ${EVENT_LIMIT} bytes`;
    throw tooLarge(`${body.length} byte payload is too large for the Event invocation type (${limit})`);
  }
  if (body.length === 0) return '{}';
  try {
    const payload = decodeText(body);
    JSON.parse(payload);
    return payload;
  } catch (error) {
    throw new ServiceError(
      400,
      'InvalidRequestContentException',
      `Could not parse request body into json: Could not parse payload into json: ${(error as Error).message}`,
    );
  }
}

/**
 * The text of some bytes in UTF-8. Invalid bytes are refused, not replaced: otherwise two texts could become one.
 *
 * @throws TypeError that says where the bytes stop being UTF-8
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const offset = validLength(bytes);
    const byte = bytes[offset];
    throw new TypeError(
      byte === undefined
        ? 'Invalid UTF-8: the text ends in the middle of a character'
        : `Invalid UTF-8 byte 0x${byte.toString(16).padStart(2, '0')} at offset ${offset}`,
    );
  }
}

/** How many bytes from the start may still become UTF-8; a character at the end may be incomplete. */
function validLength(bytes: Uint8Array): number {
  let [valid, invalid] = [0, bytes.length + 1];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (mayBecomeText(bytes.subarray(0, middle))) valid = middle;
    else invalid = middle;
  }
  return valid;
}

function mayBecomeText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function tooLarge(message: string): ServiceError {
  return new ServiceError(413, 'RequestEntityTooLargeException', message);
}
