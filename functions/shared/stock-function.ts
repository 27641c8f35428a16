import * as z from 'zod';
import type { FunctionContract } from '../contracts/stock.ts';

/** Thrown when an event breaks the function's contract; nothing was done. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError';
}

/** A Lambda handler that parses its event by the contract before any work is done. */
export function stockFunction<Request extends z.ZodType, Response extends z.ZodType>(
  contract: FunctionContract<Request, Response>,
  work: (request: z.output<Request>) => z.input<Response> | Promise<z.input<Response>>,
): (event: unknown) => Promise<z.input<Response>> {
  return async (event) => {
    const request = contract.request.safeParse(event);
    if (!request.success) {
      const problems = z.prettifyError(request.error).replace(/\s*\n\s*/g, ' ');
      throw new InvalidRequestError(`${contract.name} can't take this request: ${problems}`);
    }
    return work(request.data);
  };
}
