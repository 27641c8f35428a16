import * as z from 'zod';
import { checkStockPrice } from '../../functions/contracts/check-stock-price.ts';
import { generateBuySellRecommendation } from '../../functions/contracts/generate-buy-sell-recommendation.ts';
import * as trade from '../../functions/contracts/trade.ts';
import { fromCursor, toCursor } from '../../orchestrator/protocol/cursor.ts';
import { commands } from '../../orchestrator/commands.ts';
import { InvalidEventError } from '../../orchestrator/protocol/event.ts';
import { APPROVAL } from '../../orchestrator/workflows/approval.ts';
import { parsedEvent } from '../support/events.ts';

describe("the orchestrator's event", () => {
  test('is a run of the configured symbols when it is empty', () => {
    expect(parsedEvent({})).toEqual({ command: 'run' });
  });

  test('is a tick with its scheduled time', () => {
    const event = { command: 'tick', scheduledTime: '2026-01-05T14:30:00Z' };
    expect(parsedEvent(event)).toEqual(event);
  });

  test('is refused in a short message, however long its names are', () => {
    const long = 'x'.repeat(200_000);
    for (const event of [{ command: long }, { [long]: 1 }, { command: 'list', [long]: 1 }]) {
      let message = '';
      try {
        parsedEvent(event);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(message).toMatch(/xxx… ?/);
      expect(message).toMatch(/(The commands are|takes) /);
      expect(message.length).toBeLessThan(1_500);
    }
  });

  test('is a late tick if `late` is true, and nothing else', () => {
    const event = { command: 'tick', scheduledTime: '2026-01-05T14:30:00Z' };
    expect(parsedEvent({ ...event, late: true })).toEqual({ ...event, late: true });
    for (const late of [false, 'true', 1, null]) {
      expect(() => parsedEvent({ ...event, late })).toThrow(/expected true.* late/);
    }
    expect(() => parsedEvent({ command: 'run', late: true })).toThrow('Unrecognized key: "late"');
  });

  test.each([
    [null, 'The payload is null'],
    [[], 'The payload is an array'],
    ['AMZN', 'The payload is a string'],
    [7, 'The payload is a number'],
    [{ symbol: 'AMZN' }, 'Unrecognized key: "symbol"'],
    [{ symbols: ['AM ZN'] }, 'a symbol is 1 to 10 letters'],
    [{ symbols: [] }, 'symbols'],
    [{ idempotencyKey: '' }, 'an idempotency key is 1 to 128 characters'],
    [{ idempotencyKey: 'k'.repeat(129) }, 'an idempotency key is 1 to 128 characters'],
    [{ idempotencyKey: 'a\nb' }, 'an idempotency key is 1 to 128 characters'],
    [{ idempotencyKey: '\ud800' }, 'a lone surrogate'],
    [{ idempotencyKey: 'key-\udfff' }, 'a lone surrogate'],
    [{ idempotencyKey: '\udc00\ud800' }, 'a lone surrogate'],
    [{ idempotencyKey: 'caf\ufffd' }, 'U+FFFD'],
    [{ idempotencyKey: 'a\u0000b' }, 'a control character'],
    [{ idempotencyKey: '📈'.repeat(129) }, 'an idempotency key is 1 to 128 characters'],
    [{ command: 'list', tick: '\ud800' }, 'a lone surrogate'],
    [{ command: 'list', cursor: '\udbff' }, 'a cursor is 1 to 1000 characters of well-formed Unicode'],
    [{ command: 'halt', note: 'stop \ud83d' }, 'a note is 1 to 500 characters of well-formed Unicode'],
    [{ command: 'halt', note: '📈'.repeat(501) }, 'a note is 1 to 500 characters'],
    [{ '\ud800': 1 }, 'Unrecognized key'],
    [{ command: '\ud800' }, 'There is no command "\\ud800". The commands are tick, run'],
    [{ command: 'sell-everything' }, 'The commands are tick, run, resume, list'],
    [{ command: 'tick' }, 'the scheduled time is an ISO 8601 time'],
    [{ command: 'tick', scheduledTime: 'soon' }, 'the scheduled time is an ISO 8601 time'],
  ])('is refused in one line when it is %j', (payload, reason) => {
    const refusal = () => parsedEvent(payload);
    expect(refusal).toThrow(InvalidEventError);
    expect(refusal).toThrow(reason);
    expect(refusal).not.toThrow(/\n/);
  });
});

describe('text of a stranger', () => {
  const contracts: [string, object][] = Object.entries({
    checkStockPrice,
    generateBuySellRecommendation,
    ...trade,
  });
  const requests: Record<string, z.ZodType> = {
    ...Object.fromEntries(Object.entries(commands).map(([name, { takes }]) => [name, z.object(takes)])),
    approval: APPROVAL.schema,
    ...Object.fromEntries(
      contracts.flatMap(([name, contract]) =>
        'request' in contract && contract.request instanceof z.ZodType ? [[name, contract.request]] : [],
      ),
    ),
  };

  test('is counted in characters, whatever they take in UTF-16', () => {
    const idempotencyKey = '📈'.repeat(128);
    expect(parsedEvent({ idempotencyKey })).toMatchObject({ idempotencyKey });
    expect(parsedEvent({ command: 'halt', note: '📈'.repeat(500) })).toHaveProperty('note');
  });

  test('is refused by every string of every request where it has half a character', () => {
    const strings = Object.entries(requests).flatMap(([name, schema]) => stringsOf(schema, name));
    const paths = strings.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['run.idempotencyKey', 'halt.note', 'buyStock.idempotencyKey']),
    );
    const halves = ['\ud800', '\udfff', 'AMZN\ud83d', '\ude00\ud83d'];
    const taken = strings.filter(({ schema }) => halves.some((half) => schema.safeParse(half).success));
    expect(taken.map(({ path }) => path)).toEqual([]);
  });

  test('is found where a schema would take it', () => {
    const open = stringsOf(z.object({ list: z.array(z.string().optional()) }), 'open');
    expect(open.map(({ path }) => path)).toEqual(['open.list']);
    expect(open[0]!.schema.safeParse('\ud800').success).toBe(true);
  });
});

/** Every schema of a string below another, and where it is. */
function stringsOf(schema: z.core.$ZodType, path: string): { path: string; schema: z.ZodType }[] {
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, member]) =>
      stringsOf(member as z.core.$ZodType, `${path}.${name}`),
    );
  }
  if (schema instanceof z.ZodArray) return stringsOf(schema.element, path);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => stringsOf(option, path));
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return stringsOf(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodNumber || schema instanceof z.ZodBoolean) return [];
  return [{ path, schema: schema as z.ZodType }];
}

describe('a cursor', () => {
  const time = new Date('2026-01-05T14:30:00Z');

  test.each(['key', '📈'.repeat(128)])('encodes a place: %s', (id) => {
    const cursor = toCursor({ time, id });
    expect(parsedEvent({ command: 'trades', cursor })).toMatchObject({ cursor });
    expect(fromCursor(cursor)).toEqual({ time, id });
  });

  test.each([
    ['bytes that are not text', Buffer.from(`${time.toISOString()} \xff`, 'latin1').toString('base64url')],
    ['digits that base64 ignores', `${toCursor({ time, id: 'key' })}?`],
    ['no time', Buffer.from('soon key').toString('base64url')],
  ])('is refused with %s', (_, cursor) => {
    expect(() => fromCursor(cursor)).toThrow('The cursor is not from an earlier answer');
  });
});
