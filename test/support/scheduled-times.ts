import { simulatedPrice } from '../../functions/market/simulated-price.ts';

/** Scheduled times at whose price the recommendation is this one. */
export function* timesThat(type: 'buy' | 'sell'): Generator<string> {
  for (let at = Date.parse('2026-01-05T14:30:00Z'); ; at += 60_000) {
    const cents = Number(simulatedPrice('AMZN', at).replace('.', ''));
    if (cents > 10_000 === (type === 'sell')) yield new Date(at).toISOString().replace('.000Z', 'Z');
  }
}
