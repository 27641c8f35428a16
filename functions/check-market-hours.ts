import { checkMarketHours } from './contracts/check-market-hours.ts';
import { market } from './market/index.ts';
import { stockFunction } from './shared/stock-function.ts';

export const handler = stockFunction(checkMarketHours, async ({ at }) => {
  const instant = at === undefined ? new Date() : new Date(at);
  const { opensAt, closesAt } = await market.session(instant);
  return {
    is_open: opensAt <= instant,
    opens_at: opensAt.toISOString(),
    closes_at: closesAt.toISOString(),
  };
});
