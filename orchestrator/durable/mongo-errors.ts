const AUTHENTICATION_FAILED = 18;
/** Whatever Atlas's own front refuses, a wrong password among it. */
const ATLAS_ERROR = 8000;

/** Whether the server answered with this code. */
export function hasCode(error: unknown, code: number): error is Error {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Whether MongoDB refused the user or the password. */
export function isAuthenticationFailure(error: unknown): boolean {
  return (
    hasCode(error, AUTHENTICATION_FAILED) || (hasCode(error, ATLAS_ERROR) && /auth/i.test(error.message))
  );
}
