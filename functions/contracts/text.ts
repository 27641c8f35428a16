import * as z from 'zod';

/**
 * What a stranger may write, in whole characters: Unicode code points, `min` to `max` of them.
 *
 * Half of a character (a lone surrogate, which JSON can write as `\ud800`) is refused: UTF-8 has no bytes for it, a store
 * keeps U+FFFD instead, and two texts become one. Every string of a request is this, or has a pattern that is narrower.
 *
 * @param what the subject of the refusal, such as `a note`
 */
export function text(what: string, { min = 1, max }: { min?: number; max: number }): z.ZodString {
  return z
    .string()
    .regex(
      new RegExp(`^\\P{Cs}{${min},${max}}$`, 'u'),
      `${what} is ${min} to ${max} characters of well-formed Unicode, without lone surrogates such as "\\ud800"`,
    );
}

/**
 * The key under which a request that is sent twice is one request.
 *
 * U+FFFD is refused too. Decoders put it in place of bytes that are not text, so two different keys could become one.
 */
export const idempotencyKey = z
  .string()
  .regex(
    /^[^\p{Cc}\p{Cs}\uFFFD]{1,128}$/u,
    'an idempotency key is 1 to 128 characters, none of them a control character, a lone surrogate or U+FFFD',
  );
