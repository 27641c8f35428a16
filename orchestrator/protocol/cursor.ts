import { InvalidEventError } from './event.ts';

/** The last entry of a page that is sorted by time, then by id. */
export interface Place {
  time: Date;
  id: string;
}

/** The text that asks for the next page. */
export function toCursor({ time, id }: Place): string {
  return Buffer.from(`${time.toISOString()} ${id}`).toString('base64url');
}

/** @param isId what an id of this kind of page looks like */
export function fromCursor(cursor: string, isId = /^/): Place {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, time = '', id = ''] = /^(\S+) (.+)$/su.exec(text) ?? [];
  // Bytes that are not text, and digits that base64 ignores, encode to another cursor.
  const isWhole = Buffer.from(text).toString('base64url') === cursor;
  if (!isWhole || Number.isNaN(Date.parse(time)) || !isId.test(id)) {
    throw new InvalidEventError('The cursor is not from an earlier answer. Omit it to get the first page.');
  }
  return { time: new Date(time), id };
}
