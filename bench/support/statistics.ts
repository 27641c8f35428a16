/** One figure over the rounds: timings are noisy, so none is quoted without its spread. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}

export function spread(values: number[]): Spread {
  return {
    median: rounded(quantile(values, 0.5)),
    min: rounded(Math.min(...values)),
    max: rounded(Math.max(...values)),
  };
}

/** Three digits: the figures are not more precise than that. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

export const text = ({ median, min, max }: Spread) => `${median} (${min} to ${max})`;
