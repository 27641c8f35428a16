import * as z from 'zod';
import { price } from '../contracts/stock.ts';
import { movingAverage } from './moving-average.ts';
import type { Strategy } from './strategy.ts';
import { threshold } from './threshold.ts';

/** The most closes in an average: twice as many are part of a request, and of the history. */
export const LONGEST_WINDOW = 400;

const window = (min: number) => z.coerce.number().int().min(min).max(LONGEST_WINDOW);

/** Each strategy by its name, with its settings. */
const settings = z
  .discriminatedUnion('strategy', [
    z.object({ strategy: z.literal('threshold'), sellAbove: price }),
    z.object({ strategy: z.literal('moving-average'), shortWindow: window(1), longWindow: window(2) }),
  ])
  .refine((chosen) => chosen.strategy !== 'moving-average' || chosen.shortWindow < chosen.longWindow, {
    error: 'the short window must be shorter than the long one',
    path: ['shortWindow'],
  });
export type StrategySettings = z.input<typeof settings>;

export const strategyNames = ['threshold', 'moving-average'] as const;

/** Throws a `ZodError` for settings that are not valid. */
export function toStrategy(chosen: unknown): Strategy {
  const parsed = settings.parse(chosen);
  return parsed.strategy === 'threshold'
    ? threshold(parsed.sellAbove)
    : movingAverage(parsed.shortWindow, parsed.longWindow);
}
