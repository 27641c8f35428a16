import * as z from 'zod';
import { price, recentPrices, recommendation, type Recommendation } from '../../functions/contracts/stock.ts';
import { recommend, type Strategy } from '../../functions/strategies/strategy.ts';
import { UsageError } from '../local/options.ts';
import { parseAnswer, type Run } from './answer.ts';
import { wholeNumberOption } from './options.ts';
import { strategyOf } from './strategy-options.ts';
import { columns } from './table.ts';
import type { Target } from './target.ts';

/** A decision that a run has on record. */
interface Decision {
  run: string;
  symbol: string;
  time: string;
  /** Decimal strings in dollars, oldest first; the last one is that of the run. */
  prices: string[];
  was: Recommendation;
}

interface Change extends Omit<Decision, 'prices'> {
  price: string;
  wouldBe: Recommendation;
}

const decided = z.object({
  argument: z.object({ price, recentPrices: recentPrices.optional() }),
  result: z.object({ buyOrSellRecommendation: recommendation }),
});

/** `npm run trader -- diff`: only asks for runs, so that nothing is traded. */
export async function runDiff(values: Record<string, unknown>, open: () => Promise<Target>): Promise<string> {
  const { strategy, title } = strategyOf(values);
  const { symbol, from, to, json } = values;
  const limit = wholeNumberOption('--limit', values['limit']) ?? 0;
  if (limit < 1) throw new UsageError('--limit takes a whole number of runs.');
  const asked = {
    ...(symbol !== undefined && { symbol }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
  const runs = await runsOf(await open(), asked, limit);
  const { changes, compared, tooFewPrices } = diff(withEarlierPrices(runs.flatMap(decisionOf)), strategy);
  const counts = { runs: runs.length, compared, changed: changes.length, tooFewPrices };
  if (json) return `${JSON.stringify({ strategy: title, ...counts, changes })}\n`;
  const rows = changes.map((each) => [each.time, each.symbol, each.price, each.was, each.wouldBe, each.run]);
  return [
    ...(rows.length > 0 ? columns(['TIME', 'SYMBOL', 'PRICE', 'WAS', 'WOULD BE', 'RUN'], rows) : []),
    `${title}: ${compared} decisions compared, ${changes.length} would change` +
      (tooFewPrices > 0 ? `; ${tooFewPrices} more have too few prices on record` : ''),
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

/** None where a run has made no decision yet, or is of another workflow. */
function decisionOf({ id, symbol, startedAt, steps }: Run): Decision[] {
  const step = decided.safeParse(
    steps.find(({ action }) => action === 'generate-buy-sell-recommendation'),
  ).data;
  if (!step) return [];
  const { price: now, recentPrices: before = [] } = step.argument;
  return [
    { run: id, symbol, time: startedAt, prices: [...before, now], was: step.result.buyOrSellRecommendation },
  ];
}

/** A run that recorded its own price alone is preceded by those of the symbol's earlier runs. */
function withEarlierPrices(decisions: Decision[]): Decision[] {
  const seen = new Map<string, string[]>();
  return decisions.map((decision) => {
    const earlier = seen.get(decision.symbol) ?? [];
    seen.set(decision.symbol, [...earlier, decision.prices.at(-1)!]);
    return decision.prices.length > 1 ? decision : { ...decision, prices: [...earlier, ...decision.prices] };
  });
}

export function diff(decisions: Decision[], strategy: Strategy) {
  const comparable = decisions.filter(({ prices }) => prices.length >= strategy.needs);
  const changes = comparable.flatMap(({ prices, ...decision }): Change[] => {
    const wouldBe = recommend(strategy, prices);
    return wouldBe === decision.was ? [] : [{ ...decision, price: prices.at(-1)!, wouldBe }];
  });
  return { changes, compared: comparable.length, tooFewPrices: decisions.length - comparable.length };
}
