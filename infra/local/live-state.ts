import * as z from 'zod';
import { outcomeInWords } from '../outcome.ts';
import type { LiveState } from './live-view.ts';
import type { LogLine } from './log-line.ts';

const RUNS = 8;

const priced = z.object({ stockPrice: z.object({ stock_price: z.string() }) });

/** The runs and prices in the orchestrator's log, for all callers, as they are now. */
export class LiveRuns {
  readonly prices = new Map<string, string>();
  readonly #running = new Map<string, { symbol: string; step: string }>();
  #runs: LiveState['runs'] = [];

  get running(): LiveState['running'] {
    return [...this.#running.values()];
  }

  get runs(): LiveState['runs'] {
    return this.#runs;
  }

  take(line: LogLine): void {
    const symbol = symbolOf(line.key);
    if (line.message === 'step started')
      this.#running.set(`${line.run}/${line.step}`, { symbol, step: line.step });
    if (line.message === 'step ended') {
      this.#running.delete(`${line.run}/${line.step}`);
      const price = priced.safeParse(line.result).data?.stockPrice.stock_price;
      if (price !== undefined) this.prices.set(symbol, price);
    }
    if (line.message !== 'run ended' && line.message !== 'run suspended') return;
    for (const id of this.#running.keys()) if (id.startsWith(`${line.run}/`)) this.#running.delete(id);
    const others = this.#runs.filter(({ run }) => run !== line.run);
    this.#runs = [{ symbol, run: line.run, outcome: outcomeOf(line) }, ...others].slice(0, RUNS);
  }
}

function outcomeOf(line: Extract<LogLine, { message: 'run ended' | 'run suspended' }>): string {
  if (line.message === 'run suspended') return line.waits.map(({ reason }) => reason).join('; ');
  if (line.error) return `${line.error.name}: ${line.error.message}`;
  return outcomeInWords(line.result) ?? line.state;
}

/** A run's key is `trading/SYMBOL/TICK`. */
const symbolOf = (key: string) => key.split('/')[1]?.replace('%2F', '/') ?? key;
