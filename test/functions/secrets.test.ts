import fc from 'fast-check';
import { MongoClient } from 'mongodb';
import { mongo } from 'mongoose';
import { Broker } from '../../functions/market/alpaca/broker.ts';
import { keepSecret, strike, withoutSecrets } from '../../functions/shared/secrets/known-secrets.ts';
import { parseMongodbAddress } from '../../functions/shared/secrets/mongodb-address.ts';
import { MongodbFailure } from '../../functions/shared/secrets/mongodb-failure.ts';
import { recordError, redactErrors } from '../../orchestrator/durable/errors.ts';

const MARKER = 'hunter2xK9';

const DRIVERS = [MongoClient, mongo.MongoClient];

/** Each text that may leave a function with this secret: what its parser says, and what the drivers say, struck. */
function outputsOf(secret: string): string[] {
  keepSecret(secret);
  let address = { uri: secret, hosts: 'h' };
  const outputs: string[] = [];
  try {
    address = parseMongodbAddress(secret, 'The secret s');
    outputs.push(address.hosts);
  } catch (error) {
    // The drivers are asked all the same: what they say must not depend on the parser before them.
    outputs.push(...textsOf(error));
  }
  for (const error of driverErrors(address.uri)) {
    outputs.push(...textsOf(MongodbFailure.of(error, address.hosts)), ...textsOf(withoutSecrets(error)));
    outputs.push(JSON.stringify(recordError(error)));
  }
  return outputs;
}

function driverErrors(uri: string): unknown[] {
  return DRIVERS.flatMap((Client) => {
    try {
      new Client(uri);
      return [];
    } catch (error) {
      return [error];
    }
  });
}

function textsOf(error: unknown): string[] {
  const { name, message, stack, cause } = error as Error;
  return [name, message, stack ?? '', JSON.stringify(error), String(cause)];
}

const odd = fc.constantFrom(
  ...'@:/?#%&=,;<>[]{}"\'\\ \n\t|^`~$!*()é\u{1F600}\u0000',
  '%40',
  '%zz',
  '%',
  '@@',
  '..',
);
const oddText = fc
  .array(fc.oneof(odd, fc.string({ maxLength: 3 })), { maxLength: 4 })
  .map((parts) => parts.join(''));
const password = fc.tuple(oddText, oddText).map(([before, after]) => `${before}${MARKER}${after}`);
const scheme = fc.constantFrom(
  'mongodb://',
  'mongodb+srv://',
  'mongodb:',
  'mongodb:/',
  'MONGODB://',
  '',
  'https://',
);
const host = fc.constantFrom(
  'h',
  'c.ab1cd.mongodb.net',
  'localhost:27017',
  'h:99999',
  'a,b',
  '[::1]:1',
  ' ',
  'h_h',
);
const tail = fc.constantFrom(
  '',
  '/',
  '/db',
  '/?tls=maybe',
  '/?authMechanism=X',
  '?x=1',
  '/?tls=true&ssl=false',
);
const wrap = fc.constantFrom(
  (uri: string) => uri,
  (uri: string) => ` ${uri}\n`,
  (uri: string) => `"${uri}"`,
  (uri: string) => JSON.stringify({ uri }),
  (uri: string) => JSON.stringify({ connectionString: uri, password: uri }),
  (uri: string) => JSON.stringify({ password: uri }),
  (uri: string) => `{"uri":"${uri}"`,
);
const at = fc.constantFrom('@', '@', '@@', '%40');
const withHost = fc.tuple(scheme, fc.constantFrom('user:', 'us@er:', ':', ''), password, at, host, tail);
const inOption = password.map(
  (secret) => `mongodb://h.example/?authMechanismProperties=AWS_SESSION_TOKEN:${secret}`,
);
// A password with a raw "@" and a dot behind it, and no host, is a URI with a host.
const withoutHost = fc
  .tuple(scheme, password)
  .map(([start, secret]) => `${start}user:${secret.replaceAll('.', '')}`);
const uris = fc.oneof(
  withHost.map((parts) => parts.join('')),
  withoutHost,
  inOption,
);

const showsMarker = (text: string) => text.toLowerCase().includes(MARKER.toLowerCase());

test('none of 10,000 odd secrets is found in an error, of ours or of a driver', () => {
  redactErrors(strike);
  const leaks: string[] = [];
  let shownByDriver = 0;
  // Jest maps every frame of a stack to its source, which takes half of the time. A secret is above the frames.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  fc.assert(
    fc.property(uris, wrap, (uri, wrapped) => {
      const secret = wrapped(uri);
      const found = outputsOf(secret).find(showsMarker);
      if (found !== undefined) leaks.push(`${JSON.stringify(secret)} -> ${found}`);
      shownByDriver += driverErrors(secret).filter((error) => textsOf(error).some(showsMarker)).length;
    }),
    { numRuns: 10_000, seed: 13 },
  );
  Error.stackTraceLimit = stackTraceLimit;
  expect(leaks).toEqual([]);
  // Else nothing was tried.
  expect(shownByDriver).toBeGreaterThan(200);
});

test("none of 500 odd keys of a broker is found in what the broker's SDK throws", async () => {
  const leaks: string[] = [];
  let thrown = 0;
  await fc.assert(
    fc.asyncProperty(password, password, async (keyId, secretKey) => {
      keepSecret(JSON.stringify({ keyId, secretKey }));
      const url = 'http://127.0.0.1:1';
      const broker = new Broker({ keyId, secretKey, tradingUrl: url, dataUrl: url, feed: 'iex' });
      const error = await broker.find('a-key').catch((reason: unknown) => reason);
      thrown += 1;
      const texts = [...textsOf(withoutSecrets(error)), ...textsOf(error)];
      const found = texts.find(showsMarker);
      if (found !== undefined) leaks.push(`${JSON.stringify({ keyId, secretKey })} -> ${found}`);
    }),
    { numRuns: 500, seed: 13 },
  );
  expect(leaks).toEqual([]);
  expect(thrown).toBe(500);
});

describe('a URI that is almost right', () => {
  test.each([
    ['mongodb://user:hun@ter@h/', /more than one "@": in a user, a password or an option, write %40/],
    ['mongodb+srv://user:hunter@@c.mongodb.net', /more than one "@"/],
    ['mongodb://user:hun/ter@h/', /raw "\/" before its "@".* write %2F/],
    ['mongodb://user:hun?ter@h/', /raw "\?" before its "@".* write %3F/],
    ['mongodb://user:hun#ter@h/', /raw "#" before its "@".* write %23/],
    ['mongodb://user:hun:ter@h/', /raw ":" in its password: write %3A/],
    ['mongodb://user:hun%ter@h/', /raw "%" in its user or password: write %25/],
    ['mongodb://user:<db_password>@h/', /still has a placeholder/],
    ['mongodb://user:hunter', /a port that is not a number .* or a user and a password without "@HOST"/],
    ['mongodb://user:hunter@', /names no host/],
    ['mongodb:///db', /names no host/],
    ['mongodb+srv://user:hunter@c.mongodb.net:27017', /has a port, which mongodb\+srv:\/\/ does not take/],
    ['mongodb+srv://user:hunter@a.b.net,c.b.net', /has several hosts/],
    ['mongodb://h:0', /a port that is not a number from 1 to 65535/],
    ['mongodb://h,,i', /a host with a character that no host has, or an empty one/],
    ['mongodb://user:hun ter@h', /has a blank, a line break or a control character/],
    ['mongodb//user:hunter@h', /does not begin with mongodb:\/\//],
    ['mongodb:/user:hunter@h', /has no "\/\/" after its scheme/],
    ['MongoDB://user:hunter@h', /capitals in it/],
    ['MONGODB_URI=mongodb://user:hunter@h', /something in front of mongodb:\/\//],
    ['https://user:hunter@h', /does not begin with mongodb:\/\//],
    ['', /holds no text/],
    [undefined, /holds no text/],
    ['{"uri":"mongodb://h"', /begins like a JSON object but is not valid JSON/],
    ['{"url":"mongodb://h"}', /a JSON object without a text under uri or connectionString/],
  ])('%s', (text, message) => {
    const error = errorOf(() => parseMongodbAddress(text, 'The secret s'));
    expect(error).toMatchObject({
      name: 'MongodbUriError',
      message: expect.stringMatching(message) as string,
    });
    expect(error.message).toMatch(/^The secret s .* Expected mongodb\+srv:\/\/USER:PASSWORD@HOST or /);
    expect(error.message).not.toMatch(/hun|ter@/);
  });

  test.each([
    [' mongodb://h/db\n', 'mongodb://h/db', 'h'],
    ['"mongodb://h"', 'mongodb://h', 'h'],
    ["'mongodb://h'\r\n", 'mongodb://h', 'h'],
    ['{"uri":" mongodb://h:27018 "}', 'mongodb://h:27018', 'h:27018'],
    ['{"connectionString":"mongodb+srv://c.b.net"}', 'mongodb+srv://c.b.net', 'c.b.net'],
    ['mongodb://u:p%40ss@a.b:1,c.d:2/?replicaSet=r', undefined, 'a.b:1,c.d:2'],
    ['mongodb://u:p@[::1]:27017/', undefined, '[::1]:27017'],
    ['mongodb://%2Ftmp%2Fmongodb-27017.sock', undefined, '%2Ftmp%2Fmongodb-27017.sock'],
    ['mongodb://root:example@mongo:27017', undefined, 'mongo:27017'],
    // It may be a password "p@ss" whose host is missing.
    ['mongodb://u:p@ss', undefined, 'the host after its "@"'],
  ])('%j is read', (text, uri, hosts) => {
    expect(parseMongodbAddress(text, 'x')).toEqual({ uri: uri ?? text, hosts });
  });
});

describe('a failure to connect', () => {
  const named = (name: string, message: string, more: object = {}) =>
    Object.assign(new Error(message), { name, ...more });

  test.each([
    [
      named('MongoServerError', 'bad auth', { code: 18 }),
      /^Authentication failed: .* refuses the user or the password/,
    ],
    [named('MongoServerError', 'bad auth : x', { code: 8000 }), /refuses the user or the password/],
    [named('MongoServerError', 'x', { code: 13 }), /^Not authorized: .* role readWrite/],
    [named('MongoServerError', 'x', { code: 334 }), /does not support this authentication/],
    [named('MongoAPIError', 'querySrv ENOTFOUND _mongodb._tcp.x'), /^DNS has no SRV record for h\.example/],
    [named('MongoServerSelectionError', 'getaddrinfo ENOTFOUND x'), /^DNS does not know h\.example/],
    [named('MongoServerSelectionError', 'connect ECONNREFUSED 1.2.3.4:1'), /nothing listens on that port/],
    [named('MongoServerSelectionError', 'x', { cause: new Error('SSL routines: alert') }), /fails in TLS/],
    [named('MongoParseError', 'tls must be true or false'), /^The options of the URI are wrong/],
    [named('MongoAPIError', 'AuthMechanism X not supported'), /^The options of the URI are wrong/],
    [
      named('MongoServerError', "no such command: 'saslStart'", { code: 59 }),
      /does not support this authentication/,
    ],
    [named('MongoNetworkError', 'connection 1 to 1.2.3.4:1 closed'), /was closed/],
    [
      named('MongoServerSelectionError', 'Server selection timed out after 30 ms'),
      /No answer came from h\.example in time/,
    ],
    [
      named('MongoServerSelectionError', 'Server selection timed out after 30 ms', {
        reason: { servers: new Map([['h', { error: new Error('connect ECONNREFUSED') }]]) },
      }),
      /nothing listens on that port/,
    ],
    [named('MongoOddError', 'x', { code: 4711 }), /can't be used: MongoOddError, code 4711/],
    ['thrown text', /can't be used: MongodbFailure\./],
  ])('%# is reported by its kind', (thrown, message) => {
    const failure = MongodbFailure.of(thrown, 'h.example');
    expect(failure.message).toMatch(message);
    expect(failure.cause).toBeUndefined();
    if (thrown instanceof Error) expect(failure.name).toBe(thrown.name);
  });
});

function errorOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
