import { instant } from './bars.ts';
import { dayOf } from './new-york.ts';
import type { Account } from './types.ts';

const PAGE_SIZE = 100;

/**
 * https://docs.alpaca.markets/reference/getaccountactivities-2: the newest first, at most 100 a page; `page_token` is the
 * id of the last one on the page before.
 */
export function activities(account: Account, query: URLSearchParams, type?: string): object[] {
  const types = type === undefined ? query.get('activity_types')?.split(',') : [type];
  const date = query.get('date')?.slice(0, 10);
  const [after, until] = [instant(query.get('after')) ?? -Infinity, instant(query.get('until')) ?? Infinity];
  const chosen = account.activities.filter(
    (activity) =>
      (types?.includes(activity.type) ?? true) &&
      (date === undefined || dayOf(activity.at) === date) &&
      activity.at > after &&
      activity.at < until,
  );
  const sorted = query.get('direction') === 'asc' ? chosen : chosen.toReversed();
  const from = sorted.findIndex(({ id }) => id === query.get('page_token')) + 1;
  const size = Math.min(Number(query.get('page_size') ?? PAGE_SIZE), PAGE_SIZE);
  return sorted
    .slice(from, from + size)
    .map(({ id, type: activity_type, fields }) => ({ id, activity_type, ...fields }));
}
