import { checkAccount } from './contracts/check-account.ts';
import { accountFindings } from './market/alpaca/account-findings.ts';
import { accounts, useBroker } from './market/alpaca/index.ts';
import { stockFunction } from './shared/stock-function.ts';

/** Deployed with market=alpaca alone. */
export const handler = stockFunction(checkAccount, async ({ symbol }) => ({
  findings: await accountFindings(accounts, symbol, useBroker, () => new Date()),
}));
