import type * as z from 'zod';
import { price } from '../../functions/contracts/stock.ts';
import { LONGEST_WINDOW, strategyNames, type StrategySettings } from '../../functions/strategies/index.ts';
import { ConfigError } from './config-error.ts';
import { key } from './key.ts';
import { oneOf, wholeNumber } from './values.ts';

/** The rule that turns prices into a recommendation. */
export const strategyKeys = {
  sellAbove: key(price.describe('a price as text, such as "100.00"'), {
    does: 'of `threshold`: sell at a price above this, buy at any other; `cdk.json` must set it',
  }),
  strategy: key(oneOf(...strategyNames).default('threshold'), {
    does: 'what is recommended at a price ([strategies.md](strategies.md))',
  }),
  shortWindow: key(wholeNumber('prices', 1, LONGEST_WINDOW).default(5), {
    does: 'prices in the short average of `moving-average`',
  }),
  longWindow: key(wholeNumber('prices', 2, LONGEST_WINDOW).default(20), {
    does: 'prices in the long average',
  }),
  barMinutes: key(
    wholeNumber('minutes', 1, 1440)
      .refine((minutes) => minutes < 60 || minutes % 60 === 0)
      .describe('a whole number of minutes from 1 to 59, or whole hours up to 1440')
      .default(5),
    { does: 'minutes between two of these prices' },
  ),
};

/** What the functions know of a strategy. */
export interface StrategyConfig {
  settings: StrategySettings;
  /** Of the recommendation. */
  environment: Record<string, string>;
  /** Of the price: how many earlier ones the strategy needs. */
  priceEnvironment: Record<string, string>;
}

export function toStrategy({
  strategy,
  sellAbove,
  shortWindow,
  longWindow,
  barMinutes,
}: z.output<z.ZodObject<typeof strategyKeys>>): StrategyConfig {
  if (strategy === 'threshold') {
    return {
      settings: { strategy, sellAbove },
      environment: { SELL_ABOVE: sellAbove },
      priceEnvironment: {},
    };
  }
  if (shortWindow >= longWindow) {
    throw new ConfigError([`shortWindow is ${shortWindow}, expected less than longWindow, ${longWindow}`]);
  }
  return {
    settings: { strategy, shortWindow, longWindow },
    environment: {
      STRATEGY: strategy,
      SHORT_WINDOW: String(shortWindow),
      LONG_WINDOW: String(longWindow),
    },
    priceEnvironment: { RECENT_PRICES: String(longWindow), BAR_MINUTES: String(barMinutes) },
  };
}
