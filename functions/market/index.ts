import type { Market } from './market.ts';
import { simulated } from './simulated.ts';

/** The market of this deployment: a constant in each bundle, so that the bundle has no code of the other market. */
export const market: Market =
  process.env['MARKET'] === 'alpaca' ? (await import('./alpaca/index.ts')).alpaca : simulated;
