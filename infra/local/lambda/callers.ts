import { randomBytes } from 'node:crypto';
import { isAllowed, type Statement } from '../permissions.ts';
import { ServiceError } from './errors.ts';

/** Who calls the API, by the access keys of this start; each function has one, and may do what its role allows. */
export class Callers {
  readonly #byKey = new Map<string, { name: string; permissions: Statement[] }>();

  /** A new access key for a function. */
  enroll(name: string, permissions: Statement[]): string {
    const accessKeyId = `LOCAL${randomBytes(12).toString('hex').toUpperCase()}`;
    this.#byKey.set(accessKeyId, { name, permissions });
    return accessKeyId;
  }

  /**
   * Throws if the caller's role doesn't allow the action.
   *
   * @param authorization the header with the signature; without a function's key, the request is the user's
   */
  authorize(authorization: string | undefined, action: string, resource: string): void {
    const accessKeyId = /Credential=(\w+)\//.exec(authorization ?? '')?.[1] ?? '';
    const caller = this.#byKey.get(accessKeyId);
    if (!caller && action === 'lambda:InvokeFunction') return;
    if (!caller) throw accessDenied(`Only the functions of the app may do this: ${action}.`);
    const { name, permissions } = caller;
    if (isAllowed(permissions, action, resource)) return;
    throw accessDenied(
      `User: arn:aws:sts::000000000000:assumed-role/${name}/${name} is not authorized to perform: ${action} on ` +
        `resource: ${resource} because no identity-based policy allows the ${action} action`,
    );
  }
}

function accessDenied(message: string): ServiceError {
  return new ServiceError(403, 'AccessDeniedException', message);
}
