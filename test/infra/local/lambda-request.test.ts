import { parseInvokeRequest } from '../../../infra/local/lambda/request.ts';
import { decodeText, parsePayload } from '../../../infra/local/lambda/payload.ts';
import { LogTail } from '../../../infra/local/lambda/log-tail.ts';

const pathOf = (name: string, query = '') => `/2015-03-31/functions/${name}/invocations${query}`;
const clientContext = (text: string | Buffer) => ({
  'x-amz-client-context': Buffer.from(text).toString('base64'),
});

/** Status, name and words of what a call is refused with. */
function refusalOf(call: () => unknown) {
  try {
    call();
  } catch (error) {
    const { status, name, message } = error as Error & { status?: number };
    return `${status} ${name}: ${message}`;
  }
  throw new Error('It was taken.');
}

describe('a call of the Invoke API', () => {
  const here = { region: 'us-east-1', account: '000000000000', name: 'buy-stock' };

  test.each([
    ['buy-stock', here],
    ['buy-stock:$LATEST', { ...here, qualifier: '$LATEST' }],
    ['buy-stock:7', { ...here, qualifier: '7' }],
    ['function:buy-stock', here],
    ['000000000000:function:buy-stock', here],
    ['123456789012:function:buy-stock:live', { ...here, account: '123456789012', qualifier: 'live' }],
    ['eu-west-1:000000000000:function:buy-stock', { ...here, region: 'eu-west-1' }],
    ['arn:aws:lambda:us-east-1:000000000000:function:buy-stock', here],
    ['arn:aws:lambda:us-east-1:000000000000:function:buy-stock:$LATEST', { ...here, qualifier: '$LATEST' }],
    ['arn:aws-cn:lambda:cn-north-1:000000000000:function:buy-stock', { ...here, region: 'cn-north-1' }],
  ])('names its function as %s', (name, reference) => {
    expect(parseInvokeRequest(pathOf(encodeURIComponent(name)), {})).toMatchObject({ reference });
    // Not every client encodes the colons.
    expect(parseInvokeRequest(pathOf(name), {})).toMatchObject({ reference });
  });

  test.each([
    ['buy-stock', '?Qualifier=%24LATEST', '$LATEST'],
    ['buy-stock:$LATEST', '?Qualifier=$LATEST', '$LATEST'],
    ['buy-stock', '?Qualifier=3', '3'],
    ['buy-stock:live', '', 'live'],
  ])('asks for a version with %s%s', (name, query, qualifier) => {
    expect(parseInvokeRequest(pathOf(name, query), {})?.reference.qualifier).toBe(qualifier);
  });

  test('contradicts itself with another version than the name has', () => {
    expect(refusalOf(() => parseInvokeRequest(pathOf('buy-stock:1', '?Qualifier=2'), {}))).toBe(
      '400 InvalidParameterValueException: The derived qualifier from the function name does not match the specified qualifier.',
    );
  });

  test.each([
    '%',
    '%zz',
    'buy%ffstock',
    'a%2Fb',
    'buy stock',
    'arn:aws:sns:us-east-1:000000000000:topic',
    ':',
    'a:b:c',
  ])('names no function with %j', (name) => {
    expect(refusalOf(() => parseInvokeRequest(pathOf(name), {}))).toMatch(
      /^400 ValidationException: 1 validation error detected: Value '.+' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: \(arn:/,
    );
  });

  test.each([
    ['', {}, undefined],
    ['', { 'x-amz-invocation-type': 'event' }, "Value 'event' at 'invocationType'"],
    ['', { 'x-amz-invocation-type': 'Dryrun' }, 'enum value set: [Event, RequestResponse, DryRun]'],
    ['', { 'x-amz-log-type': 'tail' }, "Value 'tail' at 'logType' failed to satisfy constraint"],
    ['?Qualifier=', {}, "Value '' at 'qualifier'"],
    ['?Qualifier=a.b', {}, "Value 'a.b' at 'qualifier'"],
  ])('with %j and %j', (query, headers, refusal) => {
    const call = () => parseInvokeRequest(pathOf('buy-stock', query), headers);
    if (refusal === undefined) {
      expect(call()).toEqual({
        reference: { ...here, qualifier: undefined },
        type: 'RequestResponse',
        wantsLog: false,
        clientContext: undefined,
      });
    } else {
      expect(refusalOf(call)).toContain('400 ValidationException: 1 validation error detected: ');
      expect(refusalOf(call)).toContain(refusal);
    }
  });

  test('is answered with each problem that it has', () => {
    const headers = { 'x-amz-invocation-type': 'Later', 'x-amz-log-type': 'Head' };
    expect(refusalOf(() => parseInvokeRequest(pathOf('buy-stock'), headers))).toMatch(
      /2 validation errors detected: Value 'Later' at 'invocationType' .*; Value 'Head' at 'logType' /,
    );
  });

  test('carries a context of its client', () => {
    const headers = clientContext('{"custom":{"from":"Zürich"}}');
    expect(parseInvokeRequest(pathOf('buy-stock'), headers)?.clientContext).toEqual({
      custom: { from: 'Zürich' },
    });
  });

  test.each([
    ['no base64', { 'x-amz-client-context': '{"custom":{}}' }],
    ['nothing', { 'x-amz-client-context': '' }],
    ['no JSON', clientContext('custom')],
    ['no object', clientContext('[1]')],
    ['bytes that are no text', clientContext(Buffer.from('{"a":"\xff"}', 'latin1'))],
    ['too much', clientContext(JSON.stringify({ a: 'x'.repeat(2_700) }))],
  ])('carries %s where a context of its client should be', (_, headers) => {
    expect(refusalOf(() => parseInvokeRequest(pathOf('buy-stock'), headers))).toContain(
      '400 InvalidRequestContentException: Client context must be a valid Base64-encoded JSON object.',
    );
  });

  test.each([
    '/',
    '/2015-03-31/functions/',
    '/2015-03-31/functions/a/invoke-async',
    '/2015-03-31/functions/a/b/invocations',
  ])('is not %s', (url) => expect(parseInvokeRequest(url, {})).toBeUndefined());
});

describe('a payload', () => {
  test.each([
    ['', '{}'],
    [' {"a": 1}\n', ' {"a": 1}\n'],
    ['"📈 \ufffd"', '"📈 \ufffd"'],
    ['"\\ud800"', '"\\ud800"'],
  ])('%j is taken as it is', (body, payload) => {
    expect(parsePayload(Buffer.from(body), 'RequestResponse')).toBe(payload);
  });

  test.each([
    ['a byte that begins no character', '{"k":"\x97"}', 'Invalid UTF-8 byte 0x97 at offset 6'],
    ['a character that is cut by another', '{"k":"\xe2\x82"}', 'Invalid UTF-8 byte 0x22 at offset 8'],
    ['a character that is cut by the end', '"\xf0\x9f\x93', 'the text ends in the middle of a character'],
    ['an overlong character', '"\xc0\xaf"', 'Invalid UTF-8 byte 0xc0 at offset 1'],
    ['a surrogate in UTF-8', '"\xed\xa0\x80"', 'Invalid UTF-8 byte 0xa0 at offset 2'],
    ['UTF-16', '\xff\xfe{\0}\0', 'Invalid UTF-8 byte 0xff at offset 0'],
    ['a byte order mark', '\xef\xbb\xbf{}', 'Unexpected token'],
    ['no JSON', '{', 'JSON'],
  ])('with %s is refused', (_, latin1, reason) => {
    const refusal = refusalOf(() => parsePayload(Buffer.from(latin1, 'latin1'), 'RequestResponse'));
    expect(refusal).toMatch(
      /^400 InvalidRequestContentException: Could not parse request body into json: Could not parse payload into json: /,
    );
    expect(refusal).toContain(reason);
  });

  test('is refused as text if a decoder would replace a byte with U+FFFD', () => {
    for (let byte = 0x80; byte <= 0xff; byte++) {
      expect(() => decodeText(Uint8Array.of(0x61, byte, 0x61))).toThrow(/^Invalid UTF-8/);
    }
  });

  test('has 1 MB if no caller waits for the answer', () => {
    const [most, more] = [1_048_576, 1_048_577].map((length) => Buffer.from(`"${'x'.repeat(length - 2)}"`));
    expect(parsePayload(most!, 'Event')).toHaveLength(1_048_576);
    expect(parsePayload(more!, 'RequestResponse')).toHaveLength(1_048_577);
    expect(refusalOf(() => parsePayload(more!, 'Event'))).toBe(
      '413 RequestEntityTooLargeException: 1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)',
    );
  });
});

describe('the tail of a log', () => {
  const tailOf = (lines: string[]) => {
    const tail = new LogTail();
    for (const line of lines) tail.add(line);
    return Buffer.from(tail.toBase64(), 'base64').toString();
  };

  test('is all of a short one', () => expect(tailOf(['one', '', 'zwölf'])).toBe('one\n\nzwölf\n'));

  test('is the last 4096 bytes of a long one', () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}`);
    expect(tailOf(lines)).toBe(`${lines.join('\n')}\n`.slice(-4_096));
  });

  test('of one long line begins with a whole character', () => {
    expect(tailOf(['x'.repeat(5_000)])).toBe(`${'x'.repeat(4_095)}\n`);
    // 4095 bytes are left for characters of four.
    expect(tailOf(['📈'.repeat(2_000)])).toBe(`${'📈'.repeat(1_023)}\n`);
  });
});
