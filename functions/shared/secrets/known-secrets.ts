const STRUCK = '***';

/** A shorter part would also be found in words that are not secret. */
const SHORTEST = 4;

/** Secrets are read again for as long as the process lives, and may be new each time. */
const MOST_SECRETS = 20;

/** Each secret with its parts. */
const known = new Map<string, string[]>();
let longestFirst: string[] = [];

/**
 * Remembers a secret, so that `strike` finds it and its parts: of a URI its password, of JSON its texts, each as it is,
 * percent-decoded and percent-encoded. The last twenty secrets are remembered.
 */
export function keepSecret(text: string): void {
  if (known.has(text)) return;
  known.set(
    text,
    partsOf(text).filter((part) => part.length >= SHORTEST),
  );
  for (const oldest of [...known.keys()].slice(0, -MOST_SECRETS)) known.delete(oldest);
  longestFirst = [...new Set([...known.values()].flat())].sort((a, b) => b.length - a.length);
}

/** A text without any secret that the process has read. */
export function strike(text: string): string {
  let struck = text;
  for (const secret of longestFirst) if (struck.includes(secret)) struck = struck.replaceAll(secret, STRUCK);
  return struck;
}

/** `strike` for `JSON.stringify`; values that are not text stay as they are. */
export function strikeValue(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? strike(value) : value;
}

/** Marks errors whose texts are this project's own sentences: a password that is a word of theirs is struck from no text. */
export const OWN_WORDS = Symbol('own words');

/**
 * The error that may leave the process in place of one that was thrown: its name, message and stack, without secrets.
 * Its cause and other members are dropped, because a library may have put anything into them.
 */
export function withoutSecrets(thrown: unknown): Error {
  const { name, message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
  const isOwn = thrown instanceof Error && OWN_WORDS in thrown;
  const safe = new Error(isOwn ? message : strike(message));
  // The decision whether to try again depends on the name.
  safe.name = /^[A-Za-z]{1,60}(Error|Failure)$/.test(name) ? name : strike(name);
  // Only the frames: the stack begins with the message, to which V8 adds the members of some errors.
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  safe.stack = [`${safe.name}: ${safe.message}`, ...frames.map(strike)].join('\n');
  return safe;
}

function partsOf(text: string): string[] {
  const parts = [text, text.trim()];
  for (const leaf of leavesOf(text))
    parts.push(...formsOf(leaf), ...formsOf(leaf.trim()), ...secretsIn(leaf));
  for (const uri of text.match(/mongodb(\+srv)?:\/\/[^]*/g) ?? []) parts.push(...secretsIn(uri));
  return parts;
}

/** The texts in JSON; empty if the text is not JSON. */
function leavesOf(text: string): string[] {
  const leaves: string[] = [];
  try {
    JSON.parse(text.trim(), (_, value: unknown) => {
      if (typeof value === 'string') leaves.push(value);
      return value;
    });
  } catch {
    // Not JSON: the text is a secret as a whole.
  }
  return leaves;
}

/** Characters that end a part of a URI if they are not encoded: the driver may show each part by itself. */
const DELIMITERS = /[@:/?#&=,;\s%"'<>[\]\\]/;

/** The parts of a URI that may be secret, however malformed the URI is. */
function secretsIn(uri: string): string[] {
  const rest = /^[^]*?:\/\/([^]*)$/.exec(uri)?.[1];
  if (rest === undefined) return [];
  const at = rest.lastIndexOf('@');
  const userInfo = at < 0 ? /^[^/?#]*/.exec(rest)![0] : rest.slice(0, at);
  const options = /[?&][^=&]*(?:password|properties|token)[^=&]*=([^]*)/i.exec(rest)?.[1] ?? '';
  return [
    ...passwordIn(userInfo, at < 0),
    ...piecesOf(options).filter((piece) => !/^[A-Z_]+$/.test(piece)),
  ].flatMap(formsOf);
}

function passwordIn(userInfo: string, mayBeHost: boolean): string[] {
  const [, password] = /:([^]*)$/.exec(userInfo) ?? [];
  // A plain word is a user or a host, which other texts may contain.
  if (password === undefined) return /^[\w.-]*$/.test(userInfo) ? [] : piecesOf(userInfo);
  return mayBeHost && /^\d+$/.test(password) ? [] : piecesOf(password);
}

const piecesOf = (text: string) => [text, text.trim(), ...text.split(DELIMITERS)];

function formsOf(text: string): string[] {
  const decoded = decode(text);
  return [text, decoded, text.toLowerCase(), encodeURIComponent(decoded.toWellFormed())];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
