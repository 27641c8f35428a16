import { CsvError, parse } from 'csv-parse/sync';
import * as z from 'zod';
import { UsageError } from '../../local/options.ts';
import { withoutExponent } from './amounts.ts';

/** One line of a file, or one bar of a JSON document. */
export interface Row {
  /** Where it is, as messages say it: `line 3`, `bar 3`. */
  where: string;
  cells: string[];
}

/** The text of a file in UTF-8, without a byte order mark. Throws a `UsageError` for another encoding. */
export function textOf(bytes: Uint8Array, file: string): string {
  const [first, second] = bytes;
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (hasMark || bytes.subarray(0, 1_000).includes(0)) {
    throw new UsageError(`${file} is in UTF-16 or not a text, expected UTF-8. Save it as "CSV UTF-8".`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${file} is not in UTF-8. Save it as "CSV UTF-8".`);
  }
}

/** The rows of separated values, or of Alpaca's JSON bars, without blank lines. */
export function rowsOf(text: string, file: string): Row[] {
  const body = text.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
  return /^\s*[[{]/.test(body) ? barsOf(body, file) : linesOf(body, file);
}

/** Excel's first line that names the separator. */
const SEPARATOR = /^\uFEFF?"?sep=([^\r\n"]*)"?(?=[\r\n]|$)/i;

/** By the first line: what Excel's `sep=` names, or a tab or semicolon outside of quotes, else a comma. */
export function delimiterOf(text: string): string {
  const named = SEPARATOR.exec(text)?.[1];
  if (named !== undefined) return named;
  const first = text
    .trimStart()
    .split(/[\r\n]/, 1)[0]!
    .replaceAll(/"[^"]*"/g, '');
  return ['\t', ';'].find((each) => first.includes(each)) ?? ',';
}

interface Parsed {
  record: string[];
  info: { lines: number };
}

function linesOf(text: string, file: string): Row[] {
  const delimiter = delimiterOf(text);
  if (!['\t', ';', ','].includes(delimiter)) {
    throw new UsageError(
      `${file}: line 1 names the separator ${JSON.stringify(delimiter)}, expected a tab, a semicolon or a comma.`,
    );
  }
  try {
    // An empty line stays, so that the others keep their numbers.
    const parsed = parse(text.replace(SEPARATOR, ''), {
      delimiter,
      trim: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
    }) as unknown as Parsed[];
    return parsed.map(({ record, info }) => ({ where: `line ${info.lines}`, cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number(error['lines']);
    throw new UsageError(
      `${file}: line ${line} has a quote (") that is not closed, or text next to a quoted value.`,
    );
  }
}

const bar = z.record(z.string(), z.unknown());
const document = z.union([
  z.array(bar),
  z
    .object({
      bars: z.union([z.array(bar), z.record(z.string(), z.array(bar))]),
      next_page_token: z.unknown().optional(),
    })
    .transform(({ bars, next_page_token: next }, context) => {
      if (next !== undefined && next !== null && next !== '') {
        context.addIssue(
          'the file is one page of several, because it has a next_page_token. Request the other pages too, and join their bars',
        );
        return z.NEVER;
      }
      if (Array.isArray(bars)) return bars;
      const [only, ...others] = Object.values(bars);
      if (only && others.length === 0) return only;
      context.addIssue(`it has bars of ${Object.keys(bars).length} symbols, expected one`);
      return z.NEVER;
    }),
]);

/** A number outside of a string; JSON.parse makes a float of it. */
const NUMBERS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function barsOf(text: string, file: string): Row[] {
  const exact = text.replaceAll(NUMBERS, (token) =>
    token.startsWith('"') ? token : `"${withoutExponent(token)}"`,
  );
  let json: unknown;
  try {
    json = JSON.parse(exact);
  } catch {
    throw new UsageError(`${file} begins like JSON, but is not valid JSON.`);
  }
  const { data: bars, error } = document.safeParse(json);
  if (!bars) {
    const symbols = error.issues.flatMap((issue) =>
      issue.code === 'invalid_union' ? issue.errors.flat() : [issue],
    );
    const [said] = symbols.filter(({ code }) => code === 'custom');
    throw new UsageError(
      `${file} can't be read: ${said?.message ?? 'expected JSON of the shape {"bars":[{"t":...,"c":...}]}'}.`,
    );
  }
  const names = Object.keys(bars[0] ?? {});
  const rows = bars.map((each, index) => ({
    where: `bar ${index + 1}`,
    cells: names.map((name) =>
      typeof each[name] === 'string' ? each[name] : (JSON.stringify(each[name]) ?? ''),
    ),
  }));
  return [{ where: 'the first bar', cells: names }, ...rows];
}
