import { keepSecret, OWN_WORDS } from './known-secrets.ts';

/** Where MongoDB is, and how to log in. */
export interface MongodbAddress {
  uri: string;
  /**
   * The hosts of the URI, with their ports if it has any, for messages. A host that may be the end of a password with a
   * raw "@", from a URI without a host, is not shown.
   */
  hosts: string;
}

/**
 * Thrown for a text that is not a valid MongoDB URI. The message says what is wrong and how to write it. It shows
 * nothing of the text, because a malformed URI may have its password in any place.
 */
export class MongodbUriError extends Error {
  override readonly name = 'MongodbUriError';
  readonly [OWN_WORDS] = true;

  constructor(where: string, problem: string) {
    super(
      `${where} ${problem}. Expected mongodb+srv://USER:PASSWORD@HOST or mongodb://USER:PASSWORD@HOST:PORT, with each ` +
        'character of the password that is not a letter or digit percent-encoded.',
    );
  }
}

const SCHEME = /^mongodb(\+srv)?:\/\//;
const HOST = /^(\[[0-9a-f:.%]+\]|[\p{L}\p{N}._-]+|%2f[\p{L}\p{N}._%-]+\.sock)(?::(.*))?$/iu;
/** What a JSON secret may call its URI; Secrets Manager's console stores key/value pairs as a JSON object. */
const JSON_MEMBERS = ['uri', 'connectionString'];
/** The encoding of each character that otherwise ends a part of the URI. */
const ENCODED: Record<string, string> = {
  '@': '%40',
  ':': '%3A',
  '/': '%2F',
  '?': '%3F',
  '#': '%23',
  '%': '%25',
};

/**
 * Reads a URI as people store it: with blanks or quotes around it, or as a member of a JSON object.
 *
 * @param where what holds the text, in words: the beginning of an error's message
 * @throws MongodbUriError
 */
export function parseMongodbAddress(text: unknown, where: string): MongodbAddress {
  const refuse = (problem: string): never => {
    throw new MongodbUriError(where, problem);
  };
  const uri = unwrapped(text, refuse);
  const scheme = SCHEME.exec(uri);
  if (!scheme) return refuse(schemeProblem(uri));
  if (/[\s\p{Cc}]/u.test(uri)) refuse('has a blank, a line break or a control character in it');
  const isSrv = scheme[1] !== undefined;
  const rest = uri.slice(scheme[0].length);
  const [userInfo, ...afterAt] = rest.split('@');
  if (afterAt.length > 1)
    refuse(`has more than one "@": in a user, a password or an option, write ${ENCODED['@']}`);
  if (afterAt.length === 1) checkUserInfo(userInfo!, refuse);
  const hosts = /^[^/?#]*/.exec(afterAt[0] ?? rest)![0];
  checkHosts(hosts, isSrv, refuse);
  return { uri, hosts: userInfo!.includes(':') && afterAt.length === 1 ? shownHosts(hosts) : hosts };
}

/** "mongodb://user:pa@ssword" reads as a host "ssword"; a name with a dot or a port, an address and localhost are hosts. */
function shownHosts(hosts: string): string {
  const isHost = (host: string) => /^(localhost(:\d+)?$|\[|%2f|[^.]+:\d{4,5}$)|\./i.test(host);
  return hosts.split(',').every(isHost) ? hosts : 'the host after its "@"';
}

/**
 * The same for a secret's text, which is remembered before anything can quote it, and so is what was read out of it.
 *
 * @throws MongodbUriError
 */
export function parseMongodbSecret(text: unknown, secretId: string): MongodbAddress {
  if (typeof text === 'string') keepSecret(text);
  const address = parseMongodbAddress(text, `The secret ${secretId}`);
  keepSecret(address.uri);
  return address;
}

type Refuse = (problem: string) => never;

function unwrapped(text: unknown, refuse: Refuse): string {
  if (typeof text !== 'string' || text.trim() === '') return refuse('holds no text');
  const bare = text
    .trim()
    .replace(/^(["'`])([^]*)\1$/, '$2')
    .trim();
  if (!bare.startsWith('{')) return bare;
  let members: unknown;
  try {
    members = JSON.parse(bare);
  } catch {
    return refuse('begins like a JSON object but is not valid JSON');
  }
  const values = JSON_MEMBERS.map((name) => (members as Record<string, unknown>)[name]);
  const uri = values.find((value) => typeof value === 'string');
  return uri?.trim() ?? refuse(`is a JSON object without a text under ${JSON_MEMBERS.join(' or ')}`);
}

function schemeProblem(uri: string): string {
  if (/^mongodb(\+srv)?:/i.test(uri)) return 'has no "//" after its scheme, or has capitals in it';
  if (/mongodb(\+srv)?:\/\//.test(uri)) return 'has something in front of mongodb:// or mongodb+srv://';
  return 'does not begin with mongodb:// or mongodb+srv://';
}

function checkUserInfo(userInfo: string, refuse: Refuse): void {
  const early = /[/?#]/.exec(userInfo)?.[0];
  if (early !== undefined) {
    refuse(
      `has a raw "${early}" before its "@": in a user or a password, write ${ENCODED[early]}; in an option, write "@" as %40`,
    );
  }
  const [user, password, ...more] = userInfo.split(':');
  if (user === '') refuse('has no user before its "@"');
  if (more.length > 0) refuse(`has a raw ":" in its password: write ${ENCODED[':']}`);
  if (/^<.*>$/.test(password ?? '')) refuse("still has a placeholder in its password's place");
  try {
    decodeURIComponent(userInfo);
  } catch {
    refuse(`has a raw "%" in its user or password: write ${ENCODED['%']}`);
  }
}

function checkHosts(hosts: string, isSrv: boolean, refuse: Refuse): void {
  if (hosts === '') refuse('names no host');
  const list = hosts.split(',');
  for (const host of list) {
    const [, name, port] = HOST.exec(host) ?? [];
    if (name === undefined) refuse('has a host with a character that no host has, or an empty one');
    if (port === undefined) continue;
    if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
      refuse(
        'has a port that is not a number from 1 to 65535, or a user and a password without "@HOST" after them',
      );
    }
    if (isSrv) refuse('has a port, which mongodb+srv:// does not take: the port comes from DNS');
  }
  if (isSrv && list.length > 1) refuse('has several hosts, but mongodb+srv:// takes one');
}
