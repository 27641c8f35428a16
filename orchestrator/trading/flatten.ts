import type * as z from 'zod';
import { buyBack, sellAll } from '../../functions/contracts/trade.ts';
import { InvokeError } from '../actions/invoke-errors.ts';
import type { LambdaInvoker } from '../actions/lambda-invoker.ts';
import { hasTime } from '../durable/attempt.ts';
import type { TimeLimit } from '../durable/suspension.ts';
import { inParallel } from '../tick/parallel.ts';
import type { Holding, Holdings } from './holdings.ts';
import type { Flattened, TradeAnswer } from './ledger-answers.ts';

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 4_000;

interface Parts {
  holdings: Pick<Holdings, 'read'>;
  invoker: LambdaInvoker;
  time: TimeLimit;
  /** Trades of the same command that was sent before, by symbol. */
  made: ReadonlyMap<string, TradeAnswer>;
}

type Outcome = Pick<Flattened, 'outcome' | 'reason' | 'trade'>;

/** The idempotency key of a symbol's order. A `/` in a symbol would make one key of two. */
export const flattenKey = (key: string, symbol: string): string =>
  `flatten/${key}/${encodeURIComponent(symbol)}`;

/**
 * Closes positions, a few at a time, and tries again what may pass for as long as there is time. No failure of one symbol
 * keeps another one from its way out.
 *
 * @param symbols all with a position or an open order if undefined
 */
export async function flatten(
  symbols: string[] | undefined,
  key: string,
  parts: Parts,
): Promise<Flattened[]> {
  const { holdings, made } = parts;
  const asked = [...new Set(symbols ?? [...(await holdings.read()).keys(), ...made.keys()])].sort();
  const outcomes = await inParallel(asked, (symbol) => closed(symbol, flattenKey(key, symbol), parts));
  const left = await holdings.read(asked);
  return asked.map((symbol, index) => ({ symbol, ...outcomes[index]!, ...leftOf(left.get(symbol)) }));
}

/** What there would be to close; nothing is traded. */
export async function planned(
  symbols: string[] | undefined,
  holdings: Pick<Holdings, 'read'>,
): Promise<Flattened[]> {
  const found = await holdings.read(symbols);
  return [...new Set(symbols ?? found.keys())].sort().map((symbol) => {
    const outcome = found.has(symbol) ? 'planned' : 'nothing-held';
    return { symbol, ...without(outcome), ...leftOf(found.get(symbol)) };
  });
}

const leftOf = (holding: Holding | undefined) => ({
  left: holding?.qty.toFixed() ?? '0',
  open: holding?.open ?? 0,
});

const without = (outcome: Flattened['outcome'], reason: string | null = null): Outcome => ({
  outcome,
  reason,
  trade: null,
});

async function closed(symbol: string, idempotencyKey: string, parts: Parts): Promise<Outcome> {
  const { holdings, invoker, time, made } = parts;
  const trade = made.get(symbol);
  if (trade) return { outcome: 'traded', reason: null, trade };
  const request = { symbol, flatten: true as const, idempotencyKey };
  let tried: Holding['exit'];
  let reason = 'no time was left for it';
  for (let waitMs = FIRST_BACKOFF_MS; hasTime(time); waitMs = Math.min(2 * waitMs, LONGEST_BACKOFF_MS)) {
    // What became of open orders may have turned the position.
    const { exit } = (await holdings.read([symbol])).get(symbol) ?? {};
    if (exit === undefined) return without('nothing-held');
    try {
      const answer = await invoker.invoke(exit === 'sell' ? sellAll : buyBack, request);
      if (!('refused' in answer)) return { outcome: 'traded', reason: null, trade: answer };
      const isTurned = answer.limit === 'nothing-held' && tried !== exit;
      if (!isTurned) return without(refusedAs(answer), answer.refused);
      tried = exit;
    } catch (error) {
      const { message } = error as Error;
      if (!(error instanceof InvokeError && error.isRetriable)) return without('failed', message);
      reason = message;
      if (time.remainingMs() - waitMs < time.stepMs) break;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
  return without('pending', reason);
}

const refusedAs = ({ limit }: Extract<z.output<typeof sellAll.response>, { limit: string }>) =>
  limit === 'nothing-held' ? 'nothing-held' : 'refused';
