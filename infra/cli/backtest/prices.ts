import * as z from 'zod';
import { price } from '../../../functions/contracts/stock.ts';
import { UsageError } from '../../local/options.ts';

/** A price, and when it was. */
export interface PricePoint {
  /** ISO 8601 in UTC. */
  time: string;
  /** Decimal string in dollars. */
  price: string;
}

const HEADER = 'time,price';
const time = z.iso.datetime();

/** The prices of a file of comma-separated values, oldest first. Throws a `UsageError` that names the first wrong line. */
export function parsePrices(text: string, file: string): PricePoint[] {
  const [header, ...lines] = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/);
  if (header !== HEADER)
    throw wrong(file, 1, `is ${JSON.stringify(header)}, expected the header "${HEADER}"`);
  const points = lines.map((line, index) => toPoint(line, file, index + 2));
  if (points.length === 0) throw wrong(file, 2, 'is not there, expected a time and a price');
  points.forEach((point, index) => {
    const before = points[index - 1];
    if (before && Date.parse(point.time) <= Date.parse(before.time)) {
      throw wrong(file, index + 2, `is of ${point.time}, expected a time after ${before.time}`);
    }
  });
  return points;
}

function toPoint(line: string, file: string, number: number): PricePoint {
  const [at = '', value = '', ...more] = line.split(',');
  if (more.length > 0)
    throw wrong(file, number, `has ${more.length + 2} values, expected a time and a price`);
  if (!time.safeParse(at).success) {
    throw wrong(
      file,
      number,
      `has the time ${JSON.stringify(at)}, expected one such as "2026-01-05T14:30:00Z"`,
    );
  }
  if (!price.safeParse(value).success) {
    throw wrong(file, number, `has the price ${JSON.stringify(value)}, expected one such as "101.25"`);
  }
  return { time: at, price: value };
}

function wrong(file: string, line: number, what: string): UsageError {
  return new UsageError(`${file}: line ${line} ${what}.`);
}
