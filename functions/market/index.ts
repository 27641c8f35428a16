import type { Market } from './market.ts';
import { simulated } from './simulated.ts';

/** The market of this deployment: a constant in each bundle, so that the other one's code is left out. */
export const market: Market =
  process.env['MARKET'] === 'alpaca' ? (await import('./alpaca/index.ts')).alpaca : simulated;
