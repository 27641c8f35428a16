import * as z from 'zod';
import { stockSymbol } from './stock.ts';

/** One line of a diagnosis: what was looked at, whether it is right, and what it is, or what to do. Never a secret. */
export const finding = z.object({ about: z.string(), ok: z.boolean(), says: z.string() });
export type Finding = z.infer<typeof finding>;

/** What the broker says of the account, the data feed and the time. It only reads, and never throws for what it finds. */
export const checkAccount = {
  name: 'check-account',
  /** A symbol that is traded often, whose latest trade shows whether the data feed answers. */
  request: z.strictObject({ symbol: stockSymbol }),
  response: z.object({ findings: z.array(finding) }),
};
