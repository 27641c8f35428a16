import { readFile, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { price, quantity } from '../../../functions/contracts/stock.ts';
import { dollars, type Money } from '../../../functions/shared/money.ts';
import type { OrderSize } from '../../../functions/shared/size.ts';
import { fromHere } from '../../local/data-folder.ts';
import { UsageError } from '../../local/options.ts';
import { strategyOf, type StrategyOptions } from '../strategies/options.ts';
import { columns } from '../table.ts';
import { backtest, type Backtest } from './backtest.ts';
import { plot } from './plot.ts';
import { parsePrices, type PricePoint } from './prices.ts';

interface Options extends StrategyOptions {
  cash: string;
  quantity?: string | undefined;
  orderValue?: string | undefined;
  fractionalShares?: true | undefined;
  svg?: string | undefined;
  json: boolean;
}

/** `npm run trader -- backtest`. */
export async function runBacktest(options: Options, file: string): Promise<string> {
  const { strategy, title } = strategyOf(options);
  const cash = optionOf(price, options.cash, '--cash takes an amount in dollars, such as "10000.00"');
  const prices = parsePrices(await withFile(file, () => readFile(fromHere(file))), file);
  const result = backtest(prices, { strategy, cash, size: sizeOf(options) });

  const { svg, json } = options;
  if (svg !== undefined) await withFile(svg, () => writeFile(fromHere(svg), plot(title, prices, result)));
  const summary = summaryOf(title, prices, result, cash);
  if (json) return `${JSON.stringify({ ...summary, trades: result.trades })}\n`;
  return [
    ...tradesOf(result),
    '',
    ...columns(
      [],
      Object.entries(summary).map(([name, value]) => [name, String(value)]),
    ),
    ...(svg !== undefined ? ['', `wrote ${svg}`] : []),
    '',
  ].join('\n');
}

function summaryOf(strategy: string, prices: PricePoint[], result: Backtest, cash: string) {
  return {
    strategy,
    from: prices[0]!.time,
    to: prices.at(-1)!.time,
    prices: prices.length,
    buys: result.trades.filter(({ type }) => type === 'buy').length,
    sells: result.trades.filter(({ type }) => type === 'sell').length,
    skippedForCash: result.skipped.noCash,
    skippedForShares: result.skipped.noShares,
    skippedForSize: result.skipped.tooSmall,
    cashBefore: cash,
    cashAfter: dollars(result.cash),
    shares: result.shares.toFixed(),
    equity: dollars(result.equity.at(-1)!),
    returnPercent: percent(result.returned),
    maxDrawdownPercent: percent(result.drawdown),
  };
}

function tradesOf({ trades }: Backtest): string[] {
  if (trades.length === 0) return ['no trades'];
  const rows = trades.map(({ time, type, qty, price }) => [time, type, qty, price]);
  return columns(['TIME', 'TYPE', 'SHARES', 'PRICE'], rows);
}

function sizeOf({ quantity: shares, orderValue, fractionalShares }: Options): OrderSize {
  if (orderValue === undefined) {
    if (fractionalShares) throw new UsageError('--fractional-shares is for --order-value; give both.');
    const takes = '--quantity takes a number of shares such as 3 or 0.25';
    return { qty: optionOf(quantity, shares ?? '1', takes) };
  }
  if (shares !== undefined) {
    throw new UsageError('--quantity and --order-value are two sizes of an order; give one of them.');
  }
  const value = optionOf(price, orderValue, '--order-value takes an amount in dollars, such as "500.00"');
  return { orderValue: value, ...(fractionalShares && { fractionalShares }) };
}

const percent = (fraction: Money) => fraction.times(100).toFixed(2);

function optionOf<T extends z.ZodType>(schema: T, value: unknown, otherwise: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${otherwise}.`);
}

async function withFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new UsageError(
      `The file ${file} can't be read or written: ${(error as NodeJS.ErrnoException).code}.`,
    );
  }
}
