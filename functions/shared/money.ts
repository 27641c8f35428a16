import { Decimal } from 'decimal.js';

/** Decimals with room for the largest price times the largest quantity, summed: 40 digits, where decimal.js has 20. */
export const Money = Decimal.clone({ precision: 40 });
export type Money = InstanceType<typeof Money>;
