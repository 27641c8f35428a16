const LONGEST = 60;
/** Where a secret may begin: after a scheme, however it is written, or after the name of a variable. */
const SECRET = /(?<=:|%3A)\/\/|(?<=mongodb(?:\+srv)?)(?::|%3A)|(?<==)/i;

/**
 * A given value as a message quotes it: as JSON, short, and without what may be a secret in the wrong place. It is not
 * known where the password of a malformed URI ends, so nothing after its scheme is shown.
 */
export function quoted(given: unknown): string {
  const json = JSON.stringify(given) ?? 'nothing';
  const at = json.search(SECRET);
  const end = json.startsWith('"') ? '"' : '';
  if (at >= 0) return `${json.slice(0, at)}***${end}`;
  return json.length > LONGEST ? `${json.slice(0, LONGEST)}…${end}` : json;
}
