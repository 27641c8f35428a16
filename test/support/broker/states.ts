import type { OrderStatus } from './types.ts';

/** In which an order of the day has ended. */
const ENDED = ['filled', 'canceled', 'expired', 'replaced', 'rejected', 'done_for_day'] as const;
const WORKING = [
  'partially_filled',
  'stopped',
  'suspended',
  'accepted_for_bidding',
  'held',
  'calculated',
] as const;
const PENDING = ['pending_cancel', 'pending_replace'] as const;

/**
 * What may follow each state. The documentation describes the states and has a picture of the usual ways
 * (https://docs.alpaca.markets/docs/orders-at-alpaca#order-lifecycle); what the picture does not show is allowed here
 * where a state's description does not exclude it, because a client has to bear it.
 */
const NEXT: Record<OrderStatus, readonly OrderStatus[]> = {
  accepted: ['pending_new', 'new', 'held', 'accepted_for_bidding', ...PENDING, ...ENDED],
  pending_new: ['new', 'accepted', 'held', 'accepted_for_bidding', ...PENDING, ...ENDED],
  new: [...WORKING, ...PENDING, ...ENDED],
  held: ['new', 'accepted', 'suspended', ...PENDING, ...ENDED],
  accepted_for_bidding: ['new', ...WORKING, ...PENDING, ...ENDED],
  // A trade is guaranteed: it is not rejected any more.
  stopped: [...WORKING, ...PENDING, 'filled', 'canceled', 'expired', 'replaced', 'done_for_day'],
  suspended: ['new', ...WORKING, ...PENDING, ...ENDED],
  partially_filled: [...WORKING, ...PENDING, 'filled', 'canceled', 'expired', 'replaced', 'done_for_day'],
  // Back to where it was, if the market refuses the cancellation.
  pending_cancel: ['new', 'accepted', 'pending_new', ...WORKING, ...ENDED],
  pending_replace: ['new', ...WORKING, ...ENDED],
  calculated: ['filled', 'done_for_day', 'expired', 'canceled'],
  done_for_day: [],
  filled: [],
  canceled: [],
  expired: [],
  replaced: [],
  rejected: [],
};

export const hasEnded = (status: OrderStatus): boolean => NEXT[status].length === 0;
export const mayFollow = (from: OrderStatus, to: OrderStatus): boolean => NEXT[from].includes(to);

/** In which the order is not at the market (yet), so that it takes part in no trade. */
export const isAtMarket = (status: OrderStatus): boolean =>
  !hasEnded(status) && !['accepted', 'held', 'suspended', 'calculated'].includes(status);
