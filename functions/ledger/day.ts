import type { Decimal128 } from 'mongodb';

/** The day in a time zone, such as "2026-01-05"; days sort as text. */
export function dayOf(time: Date, timeZone: string): string {
  // Sweden writes dates as ISO 8601 has them.
  return new Intl.DateTimeFormat('sv-SE', { timeZone }).format(time);
}

/** The last day on which an order was let go or filled, in the time zone of the limits. */
export interface Day {
  date: string;
  /** Shares that were bought and sold, and for how many dollars. */
  qty: Decimal128;
  value: Decimal128;
  /** Profit that was realized; dollars. */
  realized: Decimal128;
  /** Orders that were let go. */
  orders: number;
}
