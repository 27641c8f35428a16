import * as z from 'zod';
import { price } from '../../functions/contracts/stock.ts';
import { key } from './key.ts';
import { sizeKeys } from './size.ts';
import { oneOf, wholeNumber } from './values.ts';

/** What the orchestrator does with a tick. A key with a `variable` reaches it without another line. */
export const orchestratorKeys = {
  ...sizeKeys,
  historyDays: key(wholeNumber('days', 1, 3650).default(30), {
    does: 'finished runs and their steps are removed after this many days; trades stay',
    variable: 'HISTORY_DAYS',
  }),
  maxTickAgeMinutes: key(wholeNumber('minutes', 1, 1440).default(15), {
    does: 'a tick that arrives later than this trades nothing',
    variable: 'MAX_TICK_AGE_MINUTES',
  }),
  marketHours: key(oneOf('regular', 'always').default('regular'), {
    does: 'whether a tick starts runs only while the market is open ([market.md](market.md#hours)), or always',
    variable: 'MARKET_HOURS',
  }),
  overlap: key(oneOf('skip', 'queue', 'allow').default('skip'), {
    does: 'what a tick does while an earlier run of the symbol is open: no trade, a run that waits for it, or another run at the same time',
    variable: 'OVERLAP',
  }),
  approval: key(
    z
      .union([z.enum(['never', 'always']), price])
      .describe(
        '"never", "always", or the value in dollars above which an order needs approval, such as "1000.00"',
      )
      .default('never'),
    {
      does: 'which orders wait for a person ([invoke.md](invoke.md#approval))',
      variable: 'APPROVE_ABOVE',
      toVariable: (above) => (above === 'never' ? undefined : above === 'always' ? '0' : above),
    },
  ),
  approvalTimeoutMinutes: key(wholeNumber('minutes', 1, 10_080).default(60), {
    does: 'an order that no person approved by then is not placed',
    variable: 'APPROVAL_TIMEOUT_MINUTES',
  }),
  orchestratorTimeoutSeconds: key(wholeNumber('seconds', 30, 900).default(60), {
    does: 'the longest invocation, and the longest lease; a step is started only while 15 seconds are left',
  }),
  orchestratorMemoryMb: key(wholeNumber('megabytes', 256, 10_240).default(512), {
    does: 'memory, and with it the share of a processor',
  }),
};
