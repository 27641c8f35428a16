import * as z from 'zod';
import type { FunctionContract } from '../contracts/stock.ts';
import { keepSecret, withoutSecrets } from './secrets/known-secrets.ts';

/** Thrown when an event breaks the function's contract; nothing was done. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError';
}

// AWS quotes the session's token in what it says of a signature that it refuses.
keepSecret(process.env['AWS_SESSION_TOKEN'] ?? '');

/** A Lambda handler that parses its event by the contract before any work is done. No error of it shows a secret. */
export function stockFunction<Request extends z.ZodType, Response extends z.ZodType>(
  contract: FunctionContract<Request, Response>,
  work: (request: z.output<Request>) => z.input<Response> | Promise<z.input<Response>>,
): (event: unknown) => Promise<z.input<Response>> {
  return async (event) => {
    const request = contract.request.safeParse(event);
    if (!request.success) {
      const problems = z.prettifyError(request.error).replace(/\s*\n\s*/g, ' ');
      throw new InvalidRequestError(`${contract.name} got a request that is not valid: ${problems}`);
    }
    try {
      return await work(request.data);
    } catch (error) {
      throw withoutSecrets(error);
    }
  };
}
