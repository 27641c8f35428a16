import type { Refusal } from '../contracts/trade.ts';
import { dollars } from '../shared/money.ts';
import type { Book } from './book.ts';
import { plus, totalsOf, type Totals } from './claim.ts';
import { dayOf } from './day.ts';
import type { Desk } from './desk.ts';
import { refusal, type Limits } from './limits.ts';
import { settleOldOrders } from './old-orders.ts';

/** Of few other symbols orders are looked at, at the broker, before an order is refused for their sake. */
const FEW = { most: 3, longestMs: Infinity };

/**
 * What the limits of the account say of an order that its book has as decided. What no attempt works on is cleaned up first.
 *
 * `crowded`: orders of other symbols that are only decided leave no room. Each of them sees this one too, so none is let go
 * for another one's sake: the order is taken out of its book, and decided again a moment later.
 */
export async function askAccount(
  desk: Desk,
  book: Book,
  day: string,
): Promise<'allowed' | 'crowded' | Refusal> {
  const { books, limits } = desk;
  const others = totalsOf(await books.others(book._id), day);
  const own = totalsOf([book], day).all;
  const problem = accountProblem(limits, plus(others.all, own));
  if (!problem) return 'allowed';
  if (problem.limit === LOSS) {
    await books.halt(problem.refused, desk.clock.now());
    return problem;
  }
  // What is abandoned takes no room for good.
  const abandoned = await books.withLeftOvers(book._id, desk.clock.now());
  const isChanged = await settleOldOrders(desk, abandoned, FEW);
  return isChanged || !accountProblem(limits, plus(others.firm, own)) ? 'crowded' : problem;
}

/** Halts trading if the loss of the day has reached its limit. */
export async function haltOnLoss({ books, limits, clock }: Desk): Promise<void> {
  if (limits.maxDailyLoss === undefined) return;
  const { all } = totalsOf(await books.others(), dayOf(clock.now(), limits.timeZone));
  const problem = lossProblem(limits, all);
  if (problem) await books.halt(problem.refused, clock.now());
}

function accountProblem(limits: Limits, totals: Totals): Refusal | undefined {
  const { maxGrossExposure, maxDailyOrders } = limits;
  const { exposure, orders } = totals;
  if (maxGrossExposure !== undefined && exposure.gt(maxGrossExposure)) {
    return refusal(
      'gross-exposure',
      `${dollars(exposure)} dollars in all symbols together would be above the limit of ${maxGrossExposure} dollars`,
    );
  }
  if (maxDailyOrders !== undefined && orders > maxDailyOrders) {
    return refusal(
      'daily-orders',
      `${orders} orders today would be above the limit of ${maxDailyOrders} orders`,
    );
  }
  return lossProblem(limits, totals);
}

const LOSS = 'daily-loss';

function lossProblem({ maxDailyLoss }: Limits, { realized }: Totals): Refusal | undefined {
  if (maxDailyLoss === undefined || realized.neg().lt(maxDailyLoss)) return undefined;
  const loss = dollars(realized.neg());
  return refusal(
    LOSS,
    `the loss of the day is ${loss} dollars, and the limit is ${maxDailyLoss} dollars (maxDailyLoss)`,
  );
}
