import { quoted } from '../../config/quoted.ts';

/** Which columns of a file are read, by their index. */
export interface Columns {
  /** One column with an instant or a date, or two columns: a date and a time of day. */
  time: number[];
  price: number;
  symbol: number | undefined;
  /** How many values each row has. */
  count: number;
  /** Whether the header is that of Nasdaq, whose dates have the month first. */
  isMonthFirst: boolean;
}

/** Names as `nameOf` returns them; the first one that the file has is read. */
const INSTANTS = ['timestamp', 'datetime', 't'];
const PRICES = ['price', 'close', 'closelast', 'last', 'c', 'p', 'adjclose', 'adjustedclose'];
const SYMBOLS = ['symbol', 'ticker'];

/** `<DATE>`, `Adj Close` and `Close/Last` are `date`, `adjclose` and `closelast`. */
const nameOf = (cell: string) => cell.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** The columns that a header names; a text if it does not name them, or names one twice. */
export function columnsOf(header: string[]): Columns | string {
  const names = header.map(nameOf);
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
  if (twice) return `names the column "${twice}" twice`;
  const of = (candidates: string[]) => {
    const name = candidates.find((each) => names.includes(each));
    return name === undefined ? undefined : names.indexOf(name);
  };
  const date = of(['date']);
  const timeOfDay = of(['time']);
  const single = of(INSTANTS) ?? (date === undefined ? timeOfDay : date);
  const price = of(PRICES);
  if (single === undefined || price === undefined) {
    return `is ${quoted(header.join(','))}, expected the header "time,price", or one with a column time, date or timestamp and a column price or close`;
  }
  const time = single === date && timeOfDay !== undefined ? [date, timeOfDay] : [single];
  const isMonthFirst = names.includes('closelast');
  return { time, price, symbol: of(SYMBOLS), count: header.length, isMonthFirst };
}

/** A file without a header has a time and a price. */
export const withoutHeader: Columns = {
  time: [0],
  price: 1,
  symbol: undefined,
  count: 2,
  isMonthFirst: false,
};
