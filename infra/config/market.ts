import * as z from 'zod';
import { ConfigError } from './config-error.ts';
import { key } from './key.ts';
import { flag, oneOf, secretName } from './values.ts';

const url = () =>
  z
    .url({ protocol: /^https?$/ })
    .regex(/^[^?#]*[^/?#]$/)
    .describe('a URL without a slash at its end, such as "https://paper-api.alpaca.markets"');

/** Where prices come from and orders go. */
export const marketKeys = {
  market: key(oneOf('simulated', 'alpaca').default('simulated'), {
    does: 'where prices come from and orders go ([market.md](market.md))',
  }),
  alpacaSecretName: key(secretName().default('orbits-trader/alpaca'), {
    does: 'the secret with the broker\'s keys: `{"keyId":"...","secretKey":"..."}`',
    inStage: (stage) => `orbits-trader/${stage}/alpaca`,
  }),
  alpacaLive: key(flag().default(false), {
    does: '`true` trades with real money; `cdk synth` warns about it',
  }),
  alpacaFeed: key(oneOf('iex', 'sip').default('iex'), {
    does: 'the feed that prices are read from; `sip` needs a subscription',
  }),
  alpacaTradingUrl: key(url().optional(), {
    does: 'another trading API than the one of the paper account, or with `alpacaLive` of the live account',
  }),
  alpacaDataUrl: key(url().optional(), {
    does: 'another market data API than `https://data.alpaca.markets`',
  }),
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

export function toMarket({
  market,
  alpacaSecretName,
  alpacaLive,
  alpacaFeed,
  alpacaTradingUrl,
  alpacaDataUrl,
}: z.output<z.ZodObject<typeof marketKeys>>): MarketConfig {
  if (market === 'simulated') {
    if (alpacaLive) throw new ConfigError(['alpacaLive is true, expected market=alpaca with it']);
    return { name: market };
  }
  return {
    name: market,
    secretName: alpacaSecretName,
    isLive: alpacaLive,
    feed: alpacaFeed,
    tradingUrl:
      alpacaTradingUrl ?? (alpacaLive ? 'https://api.alpaca.markets' : 'https://paper-api.alpaca.markets'),
    dataUrl: alpacaDataUrl ?? 'https://data.alpaca.markets',
  };
}
