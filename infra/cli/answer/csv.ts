import { stringify } from 'csv-stringify/sync';
import * as z from 'zod';
import type { Target } from '../target.ts';

type Row = Record<string, string | number | null>;

const row = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
const page = z.object({
  positions: z.array(row).optional(),
  trades: z.array(row).optional(),
  cursor: z.string().nullable(),
});

/** The rows of an answer's page and of all that follow. */
export async function allPages(event: object, target: Target): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const answer = page.parse(JSON.parse(await target.send(cursor === null ? event : { ...event, cursor })));
    rows.push(...(answer.positions ?? answer.trades ?? []));
    ({ cursor } = answer);
  } while (cursor !== null);
  return rows;
}

/** A spreadsheet computes a text that begins like a formula; after an apostrophe it does not. */
const FORMULA = /^(?![-+]?\d+(?:\.\d+)?$)[=+\-@\t\r]/;

/** Comma-separated values with a line of names, by RFC 4180 but for the line ends; empty if there are no rows. */
export function csvOf(rows: Row[]): string {
  return stringify(rows, {
    header: true,
    // The library's own escape_formulas also escapes negative amounts.
    cast: { string: (text) => text.replace(FORMULA, "'$&") },
    quoted_match: /\r/,
  });
}
