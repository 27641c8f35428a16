import * as z from 'zod';
import { flag } from './values.ts';

const url = z
  .url({ protocol: /^https?$/ })
  .regex(/^[^?#]*[^/?#]$/)
  .optional()
  .describe('a URL without a slash at its end, such as "https://paper-api.alpaca.markets"');

/** The keys of the market: where prices come from and orders go. */
export const marketKeys = {
  market: z.enum(['simulated', 'alpaca']).default('simulated').describe('"simulated" or "alpaca"'),
  alpacaSecretName: z
    .string()
    .regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/)
    .default('orbits-trader/alpaca')
    .describe('the name of a secret: letters, digits and /_+=.@-'),
  alpacaLive: flag.default(false).describe('true or false'),
  alpacaFeed: z.enum(['iex', 'sip']).default('iex').describe('"iex" or "sip"'),
  alpacaTradingUrl: url,
  alpacaDataUrl: url,
};

/** The market of a deployment. */
export type MarketConfig =
  | { name: 'simulated' }
  | {
      name: 'alpaca';
      secretName: string;
      isLive: boolean;
      feed: 'iex' | 'sip';
      tradingUrl: string;
      dataUrl: string;
    };

/** Takes the market's keys out of the others. */
export function toMarket<Keys extends z.infer<z.ZodObject<typeof marketKeys>>>(
  all: Keys,
): Omit<Keys, keyof typeof marketKeys> & { market: MarketConfig } {
  const { market, alpacaSecretName, alpacaLive, alpacaFeed, alpacaTradingUrl, alpacaDataUrl, ...others } =
    all;
  if (market === 'simulated') return { ...others, market: { name: market } };
  return {
    ...others,
    market: {
      name: market,
      secretName: alpacaSecretName,
      isLive: alpacaLive,
      feed: alpacaFeed,
      tradingUrl:
        alpacaTradingUrl ?? (alpacaLive ? 'https://api.alpaca.markets' : 'https://paper-api.alpaca.markets'),
      dataUrl: alpacaDataUrl ?? 'https://data.alpaca.markets',
    },
  };
}
