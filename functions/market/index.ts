import type { Market } from './market.ts';
import { simulated } from './simulated.ts';

/** The market of this deployment. */
export const market: Market = simulated;
