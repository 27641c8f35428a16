import type * as z from 'zod';
import { price } from '../../functions/contracts/stock.ts';
import {
  LONGEST_WINDOW,
  strategyNames,
  toStrategy as strategyOf,
  type StrategySettings,
} from '../../functions/strategies/index.ts';
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
      .refine((minutes) => 60 % minutes === 0 || (minutes % 60 === 0 && 1440 % minutes === 0))
      .describe(
        'a whole number of minutes that divides an hour, or of hours (as minutes) that divides a day: 1 to 1440',
      )
      .default(5),
    { does: 'the length of a bar, whose close is one of these prices' },
  ),
};

/** What the functions know of a strategy. */
export interface StrategyConfig {
  settings: StrategySettings;
  /** Whether it looks at bars, so that a decision has to know which of them the one before has seen. */
  decidesOnBars: boolean;
  /** Of the recommendation. */
  environment: Record<string, string>;
  /** Of the price: how many bars the strategy looks at, and how long one is. Empty if it looks at none. */
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
      decidesOnBars: false,
      environment: { SELL_ABOVE: sellAbove },
      priceEnvironment: {},
    };
  }
  if (shortWindow >= longWindow) {
    throw new ConfigError([`shortWindow is ${shortWindow}, expected less than longWindow, ${longWindow}`]);
  }
  const settings = { strategy, shortWindow, longWindow };
  const { looksBack } = strategyOf(settings);
  return {
    settings,
    decidesOnBars: true,
    environment: {
      STRATEGY: strategy,
      SHORT_WINDOW: String(shortWindow),
      LONG_WINDOW: String(longWindow),
    },
    priceEnvironment: { RECENT_PRICES: String(looksBack), BAR_MINUTES: String(barMinutes) },
  };
}
