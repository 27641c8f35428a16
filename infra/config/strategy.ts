import * as z from 'zod';
import { LONGEST_WINDOW, strategyNames, type StrategySettings } from '../../functions/strategies/index.ts';
import { wholeNumber } from './values.ts';

/** The keys of the strategy, beside `sellAbove`. */
export const strategyKeys = {
  strategy: z
    .enum(strategyNames)
    .default('threshold')
    .describe(strategyNames.map((name) => `"${name}"`).join(' or ')),
  shortWindow: wholeNumber(1, LONGEST_WINDOW)
    .default(5)
    .describe(`a whole number of prices from 1 to ${LONGEST_WINDOW}`),
  longWindow: wholeNumber(2, LONGEST_WINDOW)
    .default(20)
    .describe(`a whole number of prices from 2 to ${LONGEST_WINDOW}`),
  barMinutes: wholeNumber(1, 1440)
    .refine((minutes) => minutes < 60 || minutes % 60 === 0)
    .default(5)
    .describe('a whole number of minutes from 1 to 59, or whole hours up to 1440'),
};

/** What the functions are told of a strategy. */
export interface StrategyConfig {
  settings: StrategySettings;
  /** For the recommendation. */
  environment: Record<string, string>;
  /** For the price: how many earlier ones the strategy looks at. */
  priceEnvironment: Record<string, string>;
}

export function toStrategyConfig<
  Keys extends z.infer<z.ZodObject<typeof strategyKeys>> & { sellAbove: string },
>({
  strategy,
  sellAbove,
  shortWindow,
  longWindow,
  barMinutes,
  ...others
}: Keys): Omit<Keys, keyof typeof strategyKeys | 'sellAbove'> & { strategy: StrategyConfig } {
  if (strategy === 'threshold') {
    const environment = { SELL_ABOVE: sellAbove };
    return { ...others, strategy: { settings: { strategy, sellAbove }, environment, priceEnvironment: {} } };
  }
  return {
    ...others,
    strategy: {
      settings: { strategy, shortWindow, longWindow },
      environment: {
        STRATEGY: strategy,
        SHORT_WINDOW: String(shortWindow),
        LONG_WINDOW: String(longWindow),
      },
      priceEnvironment: { RECENT_PRICES: String(longWindow), BAR_MINUTES: String(barMinutes) },
    },
  };
}
