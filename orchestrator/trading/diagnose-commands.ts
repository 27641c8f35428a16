import * as z from 'zod';
import { checkAccount, finding, type Finding } from '../../functions/contracts/check-account.ts';
import { command, type Invocation } from '../protocol/command.ts';
import { Watchlist } from './watchlist.ts';

/** Traded often, where the list of symbols is elsewhere, or empty. */
const LIQUID = 'SPY';

export const diagnosisAnswer = z
  .object({ findings: z.array(finding).describe('what was looked at; `says` is what it is, or what to do') })
  .meta({ title: 'diagnosis' });

/** What the doctor asks of a deployment. */
export const diagnoseCommands = {
  diagnose: command({
    does: 'Looks at the database, and at the account, the data feed and the clock of the broker. It changes nothing.',
    takes: {},
    answers: diagnosisAnswer,
    handle: async (_, invocation) => ({
      findings: [await ofDatabase(invocation), ...(await ofMarket(invocation))],
    }),
  }),
};

async function ofDatabase({ app }: Invocation): Promise<Finding> {
  const begun = Date.now();
  await app.ActionModel.db.db!.command({ ping: 1 });
  return { about: 'database', ok: true, says: `answers in ${Date.now() - begun} ms` };
}

async function ofMarket({ app, config, invoker }: Invocation): Promise<Finding[]> {
  if (!config.hasBroker) return [{ about: 'market', ok: true, says: 'is simulated: there is no account' }];
  const listed = await new Watchlist(app, config).symbolsOf({}).catch(() => []);
  try {
    return (await invoker.invoke(checkAccount, { symbol: listed[0] ?? LIQUID })).findings;
  } catch (error) {
    return [{ about: 'account', ok: false, says: (error as Error).message }];
  }
}
