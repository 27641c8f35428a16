import { errors } from '@alpacahq/alpaca-trade-api/rest';
import * as z from 'zod';
import { strike } from '../../shared/secrets/known-secrets.ts';
import { BrokerError, BrokerKeysError, BrokerUnavailableError } from './errors.ts';

/** The broker's refusal of one request, in its own words. */
export interface Refused {
  status: number;
  code: string;
  message: string;
}

/** What the broker refused, by the error that was made of it. */
const refusals = new WeakMap<object, Refused>();
export const refusalIn = (error: unknown): Refused | undefined =>
  typeof error === 'object' && error !== null ? refusals.get(error) : undefined;

/** An answer of the SDK's, held against what is documented. @param what it is about, in an error */
export async function parsed<T extends z.ZodType>(
  schema: T,
  what: string,
  answer: Promise<unknown>,
): Promise<z.output<T>> {
  const result = schema.safeParse(await asked(answer));
  if (result.success) return result.data;
  const problems = z.prettifyError(result.error).replace(/\s*\n\s*/g, ' ');
  throw new BrokerError(`The broker's answer about ${what} is not as documented: ${problems}.`);
}

/** The SDK's errors as those of this market. */
export async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    // A new error, without a cause: the SDK's error contains the request, and the request contains the keys.
    if (!(error instanceof errors.ApiError)) {
      const { name, message } = error as Error;
      throw new BrokerUnavailableError(`The broker gave no answer (${name}: ${strike(message)}).`);
    }
    const { status, code } = error;
    const message = strike(error.message);
    const said = `${status}${code === undefined ? '' : `, code ${code}`}: ${message}`;
    if (status === 429 || status >= 500) {
      throw new BrokerUnavailableError(`The broker can't answer now (${said}).`);
    }
    if (status === 401 || (status === 403 && !/^403\d{5}$/.test(String(code)))) {
      throw new BrokerKeysError(
        `The broker refused the keys (${said}). Keys of a paper account need alpacaLive=false, keys of a live account alpacaLive=true.`,
      );
    }
    const refused = new BrokerError(`The broker refused (${said}).`);
    refusals.set(refused, { status, code: String(code), message });
    throw refused;
  }
}
