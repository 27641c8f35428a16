import { createHash } from 'node:crypto';

const CENTS_MIDDLE = 10_000;
const CENTS_SPREAD = 4_000;
/** The walk has a free point each 2^22 s (some 48 days) and halves the distance from there down to one second. */
const LEVELS = 22;

/**
 * The simulated market: a seeded random walk around $100.00 that depends on symbol and time alone.
 *
 * It is built by midpoint displacement: the value halfway between two known points is their mean plus a hashed
 * offset that shrinks by the square root of two a level, as a Brownian bridge's does. So any instant's price costs
 * 22 hashes, whatever the distance to any other, and symbol and second determine the price.
 *
 * @param at milliseconds since the epoch; the price changes once a second
 * @returns a decimal string in dollars with two decimals, between "1.00" and "200.00"
 */
export function simulatedPrice(symbol: string, at: number): string {
  const second = Math.floor(at / 1000);
  let width = 2 ** LEVELS;
  let from = Math.floor(second / width) * width;
  let low = offset(symbol, from, CENTS_SPREAD);
  let high = offset(symbol, from + width, CENTS_SPREAD);
  let spread = CENTS_SPREAD;
  while (width > 1 && second !== from) {
    width /= 2;
    spread = Math.floor((spread * 7071) / 10_000);
    const middle = Math.floor((low + high) / 2) + offset(symbol, from + width, spread);
    if (second >= from + width) {
      from += width;
      low = middle;
    } else {
      high = middle;
    }
  }
  const cents = Math.min(20_000, Math.max(100, CENTS_MIDDLE + low));
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** A whole number from -spread to spread that this symbol has at this point of the walk. */
function offset(symbol: string, point: number, spread: number): number {
  const hash = createHash('sha256').update(`${symbol}@${point}`).digest().readUInt32BE(0);
  return (hash % (2 * spread + 1)) - spread;
}
