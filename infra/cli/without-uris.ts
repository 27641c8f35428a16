/** Errors that a driver throws before a server answers; their messages may quote the URI in any form. */
const OF_URI = /(Mongo(?:Parse|API|InvalidArgument|MissingCredentials)Error|ERR_INVALID_URL|URIError): .*/gs;

/** A text without what may be a password. It is not known where the password of a malformed URI ends. */
export function withoutUris(text: string): string {
  return text
    .replace(OF_URI, '$1: (its text may hold a secret)')
    .replace(/mongodb(\+srv)?(:|%3A).*/gis, 'mongodb://***')
    .replace(/\/\/.*@/gs, '//***@')
    .replace(/[^\s/*]+@/g, '***@')
    .replace(/(ENOTFOUND|EAI_AGAIN) \S+/g, '$1 ***');
}
