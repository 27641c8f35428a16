const LONGEST = 60;
/** Where a secret may begin: behind a scheme, however it is written, or behind the name of a variable. */
const SECRET = /(?<=:|%3A)\/\/|(?<=mongodb(?:\+srv)?)(?::|%3A)|(?<==)/i;

/**
 * What somebody gave, as a message quotes it: as JSON, short, and without what may be a secret that was put into the wrong
 * place. Of a malformed URI nobody knows where its password ends, so nothing is shown from its scheme on.
 */
export function quoted(given: unknown): string {
  const json = JSON.stringify(given) ?? 'nothing';
  const at = json.search(SECRET);
  const end = json.startsWith('"') ? '"' : '';
  if (at >= 0) return `${json.slice(0, at)}***${end}`;
  return json.length > LONGEST ? `${json.slice(0, LONGEST)}…${end}` : json;
}
