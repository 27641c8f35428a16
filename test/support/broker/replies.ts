import type { Reply } from './types.ts';

/** A request that is refused, in the broker's envelope `{code, message}`. */
export interface Refusal {
  refused: Reply;
}

/** @param more fields that some refusals have besides code and message */
export const refusal = (
  status: number,
  code: number | undefined,
  message: string,
  more: object = {},
): Refusal => ({
  refused: { status, body: { ...(code === undefined ? {} : { code }), message, ...more } },
});

/** A parameter is wrong. */
export const invalid = (message: string): Refusal => refusal(422, 40010001, message);
/** What is asked can't be done. */
export const unprocessable = (message: string): Refusal => refusal(422, 42210000, message);
/** The account may not do it. */
export const forbidden = (message: string, more: object = {}): Refusal =>
  refusal(403, 40310000, message, more);
export const notFound = (message: string): Refusal => refusal(404, 40410000, message);
