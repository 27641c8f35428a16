import { Money } from '../../../functions/shared/money.ts';
import type { Course, CoursePlan, OrderStatus, PlacedOrder, Step } from './types.ts';

/** The whole order in one part, at the price of the moment, when it is next looked at. */
export const filledAtOnce: CoursePlan = () => ({ steps: [{ afterMs: 0, fill: {} }] });

/** Nothing happens until it is canceled or the session closes. */
export const neverFilled: CoursePlan = () => ({ steps: [] });

/** The order ends in a state at once, without a trade. */
export const endsAs =
  (status: OrderStatus): CoursePlan =>
  () => ({ steps: [{ afterMs: 0, to: status }] });

/** Parts at their times, as `[afterMs, qty, price]`; without `qty` the rest, without `price` the price of the moment. */
export const inParts =
  (parts: [number, string?, string?][], course: Omit<Course, 'steps'> = {}): CoursePlan =>
  () => ({
    ...course,
    steps: parts.map(([afterMs, qty, price]) => ({
      afterMs,
      fill: { ...(qty === undefined ? {} : { qty }), ...(price === undefined ? {} : { price }) },
    })),
  });

/** For each order of a client's key its own plan; the other orders are filled at once. */
export const byKey =
  (plans: Record<string, CoursePlan>, otherwise: CoursePlan = filledAtOnce): CoursePlan =>
  (order) =>
    (plans[order.clientOrderId] ?? otherwise)(order);

/** Kinds of courses that `drawnCourses` draws, each as often as the others. */
const KINDS = [
  'at-once',
  'parts',
  'part-only',
  'never',
  'rejected',
  'replaced',
  'rare-states',
  'day-done',
] as const;

/** The longest time between two steps of a drawn course. */
const LONGEST_MS = 20_000;

/**
 * Courses of all kinds, drawn: parts over time at prices near the market's, orders that stay open, cancellations that
 * take their time or are refused, rejected and replaced orders, the rare states.
 * @param draw a number from 0 up to but not including 1, the next one at each call
 */
export function drawnCourses(draw: () => number): CoursePlan {
  const whole = (below: number) => Math.floor(draw() * below);
  return (order) => {
    const kind = KINDS[whole(KINDS.length)]!;
    const cancel = { afterMs: whole(3) * whole(3_000), ...(whole(8) === 0 ? { refused: true } : {}) };
    const steps = timed(drawnSteps(kind, order, whole), whole);
    return { steps, cancel, ...(kind === 'day-done' ? { atClose: 'done_for_day' as const } : {}) };
  };
}

type Event<S = Step> = S extends unknown ? Omit<S, 'afterMs'> : never;

function drawnSteps(
  kind: (typeof KINDS)[number],
  { qty, price }: PlacedOrder,
  whole: (below: number) => number,
): Event[] {
  // An odd price in parts of a cent makes averages with many decimals.
  const near = () =>
    new Money(price)
      .times(9_990 + whole(21))
      .div(10_000)
      .toDecimalPlaces(4)
      .toFixed();
  // In parts of an order in dollars, a part is a share of what it was for.
  const part = () => {
    const share = 1 + whole(8);
    const shares = new Money(qty ?? '1').times(share).div(10);
    const isWhole = qty !== undefined && new Money(qty).isInteger();
    const text = isWhole ? shares.toDecimalPlaces(0, Money.ROUND_UP) : shares.toDecimalPlaces(9);
    return { fill: { qty: text.toFixed(), price: near() } };
  };
  const rest = () => ({ fill: { price: near() } });
  switch (kind) {
    case 'at-once':
      return [rest()];
    case 'parts':
      return [part(), part(), rest()];
    case 'part-only':
    case 'day-done':
      return [part()];
    case 'never':
      return [];
    case 'rejected':
      return [{ to: 'rejected' }];
    case 'replaced':
      return [part(), { replace: {} }];
    case 'rare-states':
      return [{ to: 'accepted_for_bidding' }, { to: 'stopped' }, { to: 'suspended' }, { to: 'new' }, rest()];
  }
}

function timed(events: Event[], whole: (below: number) => number): Step[] {
  let afterMs = 0;
  return events.map((event) => ({ ...event, afterMs: (afterMs += whole(3) * whole(LONGEST_MS / 2)) }));
}
