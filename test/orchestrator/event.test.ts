import { InvalidEventError, parseEvent } from '../../orchestrator/event.ts';

describe("the orchestrator's event", () => {
  test('is a run of the configured symbols when it is empty', () => {
    expect(parseEvent({})).toEqual({ command: 'run' });
  });

  test('is a tick with its scheduled time', () => {
    const event = { command: 'tick', scheduledTime: '2026-01-05T14:30:00Z' };
    expect(parseEvent(event)).toEqual(event);
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
    [{ command: 'sell-everything' }, 'there are tick, run, resume, list'],
    [{ command: 'tick' }, 'the scheduled time is an ISO 8601 time'],
    [{ command: 'tick', scheduledTime: 'soon' }, 'the scheduled time is an ISO 8601 time'],
  ])('is refused in one line when it is %j', (payload, reason) => {
    const refusal = () => parseEvent(payload);
    expect(refusal).toThrow(InvalidEventError);
    expect(refusal).toThrow(reason);
    expect(refusal).not.toThrow(/\n/);
  });
});
