import * as z from 'zod';
import { strategyNames, toStrategy } from '../../functions/strategies/index.ts';
import type { Strategy } from '../../functions/strategies/strategy.ts';
import { UsageError } from '../local/options.ts';

/** The options by which a command is told a strategy, and its settings. */
export const strategyOptions = {
  strategy: { type: 'string', default: 'threshold' },
  'sell-above': { type: 'string', default: '100.00' },
  short: { type: 'string', default: '5' },
  long: { type: 'string', default: '20' },
} as const;

export const STRATEGY_USAGE = '[--strategy NAME] [--sell-above PRICE] [--short N] [--long N]';

const OPTION_OF: Record<string, string> = {
  strategy: '--strategy',
  sellAbove: '--sell-above',
  shortWindow: '--short',
  longWindow: '--long',
};

/** A strategy and what to call it. Throws a `UsageError` that names the option. */
export function strategyOf(values: Record<string, unknown>): { strategy: Strategy; title: string } {
  const { strategy: name, 'sell-above': sellAbove, short, long } = values;
  try {
    const strategy = toStrategy({ strategy: name, sellAbove, shortWindow: short, longWindow: long });
    return {
      strategy,
      title:
        name === 'threshold'
          ? `threshold ${String(sellAbove)}`
          : `moving average ${String(short)}/${String(long)}`,
    };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const { path, message } = error.issues[0]!;
    const option = OPTION_OF[String(path[0])] ?? '--strategy';
    const known = option === '--strategy' ? `; there are ${strategyNames.join(', ')}` : '';
    throw new UsageError(`${option} is wrong: ${message}${known}.`);
  }
}
