import { quoted } from '../../config/quoted.ts';
import { UsageError } from '../../local/options.ts';
import { decimalMarkOf, isEitherMark, isNoPrice, toAmount, type DecimalMark } from './amounts.ts';
import { dayOrderOf, isDotted, isEitherOrder, toInstant, type DayOrder, type Instant } from './instants.ts';
import { columnsOf, withoutHeader, type Columns } from './price-columns.ts';
import { delimiterOf, rowsOf, textOf, type Row } from './price-table.ts';

/** A price and its time. */
export interface PricePoint {
  /** ISO 8601 in UTC, with as many decimals of a second as the file has. */
  time: string;
  /** Decimal string in dollars, with all the decimals of the file. */
  price: string;
}

interface Cells {
  where: string;
  time: string;
  price: string;
}

/**
 * The prices of a file, oldest first; docs/strategies.md describes the formats. Throws a `UsageError` that names the
 * first wrong line and what was expected.
 */
export function parsePrices(content: string | Uint8Array, file: string): PricePoint[] {
  const text = typeof content === 'string' ? content : textOf(content, file);
  const fail = (where: string, what: string) => new UsageError(`${file}: ${where} ${what}.`);
  const [first, ...others] = rowsOf(text, file);
  if (!first) throw fail('line 1', 'is missing, expected the header "time,price"');
  const isHeader = !/^\d/.test(first.cells[0]!);
  const columns = isHeader ? columnsOf(first.cells) : withoutHeader;
  if (typeof columns === 'string') throw fail(first.where, columns);

  const rows = isHeader ? others : [first, ...others];
  if (rows.length === 0) throw fail('line 2', 'is missing, expected a time and a price');
  const cells = rows.map((row) => cellsOf(row, columns, isHeader, fail));
  oneSymbol(rows, columns, fail);
  const priced = cells.filter(({ price }) => !isNoPrice(price));
  if (priced.length === 0) throw fail(rows[0]!.where, 'and all after it have no price');

  const order = decided<DayOrder>(
    priced.map(({ where, time }) => ({ where, text: time, says: dayOrderOf(time) })),
    columns.isMonthFirst ? { says: 'month-first', where: first.where } : undefined,
    ({ where, text }, before) =>
      fail(
        where,
        `has the date ${quoted(text)}, whose day and month are in another order than ${before} has them`,
      ),
  );
  const mark = decided<DecimalMark>(
    priced.map(({ where, price }) => ({ where, text: price, says: decimalMarkOf(price) })),
    undefined,
    ({ where, text }, before) =>
      fail(where, `has the price ${quoted(text)}, whose decimal mark is not that of ${before}`),
  );
  const hasCommas = delimiterOf(text) === ';' || priced.some(({ time }) => isDotted(time));
  return inOrder(
    priced.map((each) => ({
      ...each,
      ...instantOf(each, order, fail),
      price: amountOf(each, mark, hasCommas, fail),
    })),
    fail,
  );
}

type Fail = (where: string, what: string) => UsageError;

function cellsOf({ where, cells }: Row, columns: Columns, isHeader: boolean, fail: Fail): Cells {
  const extra = cells.slice(columns.count);
  if (cells.length < columns.count || extra.some((cell) => cell !== '')) {
    const expected = isHeader
      ? `the ${columns.count} that the header names`
      : 'a time and a price, or a header in the first line';
    throw fail(
      where,
      `has ${cells.length} value${cells.length === 1 ? '' : 's'}, expected ${expected}; a value that contains the separator needs quotes`,
    );
  }
  const time = columns.time.map((index) => cells[index]!).join(' ');
  return { where, time, price: cells[columns.price]! };
}

function oneSymbol(rows: Row[], { symbol }: Columns, fail: Fail): void {
  if (symbol === undefined) return;
  const [first] = rows;
  const other = rows.find(({ cells }) => cells[symbol] !== first!.cells[symbol]);
  if (!other) return;
  const [is, before] = [other, first!].map(({ cells }) => JSON.stringify(cells[symbol]));
  throw fail(other.where, `has the symbol ${is}, expected ${before} as before: a file has one symbol`);
}

interface Witness<T> {
  where: string;
  text: string;
  says: T | undefined;
}

/** By the lines of a file with one meaning, decides the meaning of the lines that have two. */
function decided<T>(
  witnesses: Witness<T>[],
  known: { says: T; where: string } | undefined,
  contradiction: (witness: Witness<T>, before: string) => UsageError,
): T | undefined {
  const first = known ?? witnesses.find(({ says }) => says !== undefined);
  if (first === undefined) return undefined;
  const other = witnesses.find(({ says }) => says !== undefined && says !== first.says);
  if (other) throw contradiction(other, first.where);
  return first.says;
}

function instantOf({ where, time }: Cells, order: DayOrder | undefined, fail: Fail): Instant {
  if (order === undefined && isEitherOrder(time)) {
    throw fail(
      where,
      `has the date ${quoted(time)}, which has two meanings, and no other line decides; expected one such as "2026-01-05"`,
    );
  }
  const instant = toInstant(time, order);
  if (instant) return instant;
  throw fail(
    where,
    `has the time ${quoted(time)}, expected one such as "2026-01-05T14:30:00Z" or "2026-01-05"`,
  );
}

function amountOf(
  { where, price }: Cells,
  mark: DecimalMark | undefined,
  hasCommas: boolean,
  fail: Fail,
): string {
  if (mark === undefined && isEitherMark(price, hasCommas)) {
    throw fail(
      where,
      `has the price ${quoted(price)}, which has two meanings, and no other line decides; expected one such as "1234.00"`,
    );
  }
  const amount = toAmount(price, mark ?? '.');
  if (amount !== undefined) return amount;
  throw fail(where, `has the price ${quoted(price)}, expected one such as "101.25"`);
}

/** Oldest first, in whatever order the file is. A time that occurs twice is refused, because the order of its prices is not known. */
function inOrder(points: (PricePoint & Instant & { where: string })[], fail: Fail): PricePoint[] {
  const sorted = points.toSorted((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
  const again = sorted.find((point, index) => point.at === sorted[index - 1]?.at);
  if (again) {
    const before = sorted.find(({ at }) => at === again.at)!;
    throw fail(again.where, `has the time ${again.time}, as ${before.where} has, expected each time once`);
  }
  return sorted.map(({ time, price }) => ({ time, price }));
}
