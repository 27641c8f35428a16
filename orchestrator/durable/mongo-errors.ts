const AUTHENTICATION_FAILED = 18;
/** Whatever Atlas's own front refuses, a wrong password among it. */
const ATLAS_ERROR = 8000;

/** Whether an error of the server, or of Node, has this code. */
export function hasCode(error: unknown, code: number | string): error is Error {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** What the driver, and the server, say of a document or a command that is too large. */
export function isTooLarge(error: unknown): error is Error {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return TOO_LARGE.has(code) || /larger than the maximum size/.test(String(message));
}

/** Those of the server, and the one of Node where the driver's buffer ends. */
const TOO_LARGE = new Set<unknown>([10_334, 17_419, 17_420, 'ERR_OUT_OF_RANGE']);

/** Whether MongoDB refused the user or the password. */
export function isAuthenticationFailure(error: unknown): boolean {
  return (
    hasCode(error, AUTHENTICATION_FAILED) || (hasCode(error, ATLAS_ERROR) && /auth/i.test(error.message))
  );
}

/**
 * Whether a server, or the way to it, is what failed, rather than what was asked of the driver. By name, for two packages
 * each have their own classes.
 */
export function isOfServer(error: unknown): boolean {
  return isConnectionFailure(error) || (error instanceof Error && error.name === 'MongoServerError');
}

/**
 * Whether the way to the server is what failed. A client that saw it is not to be used again: where all its connections
 * end at once, the driver can write its next look for the server into a dying socket, wait for that for ever, and find
 * no server any more (mongodb 6.20, `serverMonitoringMode` "poll", which is the one in a Lambda).
 */
export function isConnectionFailure(error: unknown): boolean {
  return error instanceof Error && /^Mongo(ose)?(Network|PoolCleared|ServerSelection)/.test(error.name);
}
