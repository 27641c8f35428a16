import * as z from 'zod';
import { strategyNames, toStrategy } from '../../../functions/strategies/index.ts';
import type { Strategy } from '../../../functions/strategies/strategy.ts';
import { UsageError } from '../../local/options.ts';

/** The options that choose a strategy. */
export interface StrategyOptions {
  strategy: string;
  sellAbove: string;
  short: string;
  long: string;
}

const OPTION_OF: Record<string, string> = {
  strategy: '--strategy',
  sellAbove: '--sell-above',
  shortWindow: '--short',
  longWindow: '--long',
};

/** The strategy that the options choose, with a title. Throws a `UsageError` that names the option. */
export function strategyOf(options: StrategyOptions): { strategy: Strategy; title: string } {
  const { strategy: name, sellAbove, short, long } = options;
  try {
    const strategy = toStrategy({ strategy: name, sellAbove, shortWindow: short, longWindow: long });
    return {
      strategy,
      title: name === 'threshold' ? `threshold ${sellAbove}` : `moving average ${short}/${long}`,
    };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const { path, message } = error.issues[0]!;
    const option = OPTION_OF[String(path[0])] ?? '--strategy';
    const known = option === '--strategy' ? `; the strategies are ${strategyNames.join(', ')}` : '';
    throw new UsageError(`${option} is not valid: ${message}${known}.`);
  }
}
