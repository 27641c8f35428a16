import type { Fault, FaultContext, FaultPlan, Reply } from './types.ts';

/** Documented at https://docs.alpaca.markets/docs/getting-started-with-trading-api and in the support pages. */
const json = (status: number, body: unknown, headers?: Record<string, string>): Reply => ({
  ...{ status, body },
  ...(headers ? { headers } : {}),
});

/** Over the limit of requests, until so many seconds since 1970; https://forum.alpaca.markets/t/12029 shows the headers. */
export const rateLimited = (reset = 0, limit = 200): Reply =>
  json(
    429,
    { code: 42910000, message: 'rate limit exceeded' },
    {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(reset),
    },
  );

/** A request is not done, and something else is answered. */
export const answered = (answer: Reply): Fault => ({ effect: 'never', answer });
export const throttled = (reset?: number): Fault => answered(rateLimited(reset));
export const unavailable = (status = 503): Fault =>
  answered(json(status, { code: status * 100_000 + 10_000, message: 'internal server error occurred' }));
export const badKeys = (): Fault => answered(json(403, { message: 'forbidden.' }));
/** An order that was just placed is not seen yet. */
export const notSeen = (): Fault => answered(json(404, { code: 40410000, message: 'order not found' }));

/** A request is done, and its answer says something that is not documented. */
export const nonsense = (body: unknown = { is_open: 'maybe', qty: [] }): Fault => ({
  effect: 'now',
  answer: json(200, body),
});
export const slow = (delayMs: number): Fault => ({ effect: 'now', delayMs });
/** The connection breaks: before the broker does anything, or after it has. */
export const lostBefore = (): Fault => ({ effect: 'never', answer: 'lost' });
export const lostAfter = (): Fault => ({ effect: 'now', answer: 'lost' });
/** The broker does what was asked, after the client has given up. */
export const lateEffect = (afterMs: number): Fault => ({ effect: { afterMs }, answer: 'lost' });
/** The broker has done it, and answers that it could not. */
export const failedAfter = (status = 500): Fault => ({ ...unavailable(status), effect: 'now' });

/**
 * The first requests of a route meet these faults, in turn; undefined is no fault.
 * @param faults by route, such as `{ 'DELETE /v2/orders/{id}': [throttled()] }`
 */
export const script =
  (faults: Record<string, (Fault | undefined)[]>): FaultPlan =>
  ({ route, nth }: FaultContext) =>
    faults[route]?.[nth - 1];

/** Each request meets one of the faults with a probability, drawn. */
export function drawnFaults(draw: () => number, probability: number): FaultPlan {
  const pick = <T>(items: T[]): T => items[Math.floor(draw() * items.length)]!;
  return ({ route }) => {
    if (draw() >= probability) return undefined;
    const anywhere = [throttled, unavailable, lostBefore, lostAfter, failedAfter, nonsense, badKeys];
    const delayed = [() => slow(Math.floor(draw() * 10_000)), () => lateEffect(Math.floor(draw() * 10_000))];
    const orders = route.startsWith('GET /v2/orders') ? [notSeen] : [];
    return pick<() => Fault>([...anywhere, ...delayed, ...orders])();
  };
}
