import * as z from 'zod';
import {
  newPrices,
  price,
  recentPrices,
  recommendation,
  type Recommendation,
} from '../../../functions/contracts/stock.ts';
import { recommend, type Prices, type Strategy } from '../../../functions/strategies/strategy.ts';
import { UsageError } from '../../local/options.ts';
import { parseAnswer, type Run } from '../answer/answer.ts';
import type { Context } from '../command.ts';
import { columns } from '../table.ts';
import type { Target } from '../target.ts';
import { strategyOf, type StrategyOptions } from './options.ts';

/** A recorded decision of a run. */
interface Decision {
  run: string;
  symbol: string;
  time: string;
  prices: Prices;
  was: Recommendation;
}

interface Change extends Omit<Decision, 'prices'> {
  price: string;
  wouldBe: Recommendation;
}

const decided = z.object({
  argument: z.object({ price, recentPrices: recentPrices.optional(), newPrices: newPrices.optional() }),
  result: z.object({ buyOrSellRecommendation: recommendation }),
});

interface Options extends StrategyOptions {
  symbol?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  limit: number;
  json: boolean;
}

/** `npm run trader -- diff`: only reads runs; it places no orders. */
export async function runDiff(options: Options, open: Context['open']): Promise<string> {
  const { strategy, title } = strategyOf(options);
  const { symbol, from, to, limit, json } = options;
  if (limit < 1) throw new UsageError('--limit takes a whole number of runs, at least 1.');
  const runs = await runsOf(await open(), { symbol, from, to }, limit);
  const { changes, compared, tooFewPrices } = diff(withEarlierPrices(runs.flatMap(decisionOf)), strategy);
  const counts = { runs: runs.length, compared, changed: changes.length, tooFewPrices };
  if (json) return `${JSON.stringify({ strategy: title, ...counts, changes })}\n`;
  const rows = changes.map((each) => [each.time, each.symbol, each.price, each.was, each.wouldBe, each.run]);
  return [
    ...(rows.length > 0 ? columns(['TIME', 'SYMBOL', 'PRICE', 'WAS', 'WOULD BE', 'RUN'], rows) : []),
    `${title}: ${compared} decisions compared, ${changes.length} would change` +
      (tooFewPrices > 0 ? `; for ${tooFewPrices} more, too few prices are recorded` : ''),
    '',
  ].join('\n');
}

/** The newest runs with their steps, oldest first. */
async function runsOf(target: Target, asked: object, limit: number): Promise<Run[]> {
  const ids: string[] = [];
  let cursor: string | null | undefined;
  do {
    const event = {
      command: 'list',
      ...asked,
      limit: Math.min(100, limit - ids.length),
      ...(cursor && { cursor }),
    };
    const page = parseAnswer(await target.send(event));
    ids.push(...(page.runs ?? []).map(({ id }) => id));
    ({ cursor } = page);
  } while (cursor && ids.length < limit);
  const runs: Run[] = [];
  for (const id of ids.toReversed()) {
    const { run } = parseAnswer(await target.send({ command: 'show', id }));
    if (run) runs.push(run);
  }
  return runs;
}

/** None if the run has made no decision yet, or belongs to another workflow. */
function decisionOf({ id, symbol, startedAt, steps }: Run): Decision[] {
  const step = decided.safeParse(
    steps.find(({ action }) => action === 'generate-buy-sell-recommendation'),
  ).data;
  if (!step) return [];
  const { price: now, recentPrices: closes = [], newPrices: fresh = 1 } = step.argument;
  const prices = { price: now, closes, fresh };
  return [{ run: id, symbol, time: startedAt, prices, was: step.result.buyOrSellRecommendation }];
}

/** Where a run recorded no closes, its price and those of the symbol's earlier runs take their place. */
function withEarlierPrices(decisions: Decision[]): Decision[] {
  const seen = new Map<string, string[]>();
  return decisions.map((decision) => {
    const { price, closes } = decision.prices;
    const upToNow = [...(seen.get(decision.symbol) ?? []), price];
    seen.set(decision.symbol, upToNow);
    return closes.length > 0 ? decision : { ...decision, prices: { price, closes: upToNow, fresh: 1 } };
  });
}

export function diff(decisions: Decision[], strategy: Strategy) {
  const comparable = decisions.filter(({ prices }) => prices.closes.length >= strategy.needs);
  const changes = comparable.flatMap(({ prices, ...decision }): Change[] => {
    const wouldBe = recommend(strategy, prices);
    return wouldBe === decision.was ? [] : [{ ...decision, price: prices.price, wouldBe }];
  });
  return { changes, compared: comparable.length, tooFewPrices: decisions.length - comparable.length };
}
