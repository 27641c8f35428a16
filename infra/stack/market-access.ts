import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { missingBounds } from '../config/limits.ts';
import type { MarketConfig } from '../config/market.ts';
import type { NodeFunction } from './node-function.ts';
import { secretArn } from './secret-arn.ts';

/** What happens without a bound of the price. */
const WITHOUT: Record<string, string> = {
  maxPriceAgeMinutes: 'an order may be placed on a price of any age',
  maxPriceMovePercent: 'an order may be placed at any distance from the price on which it was decided',
};

/** What functions need for the market: the code in their bundles, the keys that they may read, and the URLs. */
export class MarketAccess {
  readonly #market: MarketConfig;

  constructor(scope: Construct, market: MarketConfig, limits: Record<string, unknown> | undefined) {
    this.#market = market;
    if (market.name === 'alpaca' && market.isLive) {
      Annotations.of(scope).addWarningV2(
        'orbits-trader:alpacaLive',
        'alpacaLive is true: this stack trades with real money.',
      );
    }
    for (const bound of missingBounds(market, limits)) {
      Annotations.of(scope).addWarningV2(
        `orbits-trader:${bound}`,
        `${bound} is off: ${WITHOUT[bound]}. Without the key, it has a default.`,
      );
    }
  }

  /** Bundles only the code of this market. */
  get bundling() {
    return { define: { 'process.env.MARKET': JSON.stringify(this.#market.name) } };
  }

  grantTo(fn: NodeFunction): void {
    const market = this.#market;
    if (market.name === 'simulated') return;
    fn.addEnvironment('ALPACA_SECRET_ID', market.secretName);
    fn.addEnvironment('ALPACA_TRADING_URL', market.tradingUrl);
    fn.addEnvironment('ALPACA_DATA_URL', market.dataUrl);
    fn.addEnvironment('ALPACA_ACCOUNTS', market.isLive ? 'live' : 'paper');
    fn.addEnvironment('ALPACA_FEED', market.feed);
    fn.allow(['secretsmanager:GetSecretValue'], [secretArn(fn, market.secretName)]);
  }
}
