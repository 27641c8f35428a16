/** A URI of MongoDB, or another one with a user or a password, percent-encoded or not. */
const LOGIN = /mongodb(\+srv)?(:\/\/|%3A%2F%2F)|(:\/\/|%3A%2F%2F)[^/?#\s]*(@|%40)/i;

const LOGIN_REFUSED =
  'No option and no command takes a URI of MongoDB, or one with a password: set MONGODB_URI, or configure the name of a secret.';

/** Why an argument is refused, whatever it is for: it may be a secret, and is never shown. Undefined for any other. */
export function refusalOfLogin(argument: string): string | undefined {
  return LOGIN.test(argument) ? LOGIN_REFUSED : undefined;
}

/** Commander's message as a sentence, without what may be a secret. */
export function inOneLine(message: string, command: string): string {
  const words = message
    .replace(/^error: /, '')
    .replace(/^(unknown option '[^'=]+)=.*'(?=\n|$)/s, "$1'")
    // A password may hold an apostrophe too, so the argument ends at the last one.
    .replace(/(:\/\/|%3A|(?<=mongodb(\+srv)?):).*'/is, "://***'")
    .replace(/\s*\n\s*/g, ' ')
    .replace('(Did', '(did')
    .replace(/\.$/, '');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}. See ${command} --help.`;
}
