import * as z from 'zod';
import type { Target } from './target.ts';

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

/** Comma-separated values with a line of names, as RFC 4180 has them but for the line ends; nothing where there are no rows. */
export function csvOf(rows: Row[]): string {
  const [first] = rows;
  if (!first) return '';
  const names = Object.keys(first);
  const lines = [names, ...rows.map((each) => names.map((name) => each[name] ?? ''))];
  return lines.map((values) => `${values.map(field).join(',')}\n`).join('');
}

/** A spreadsheet computes what begins like a formula. An apostrophe makes it text; numbers are left as they are. */
const FORMULA = /^(?![-+]?\d+(?:\.\d+)?$)[=+\-@\t\r]/;

function field(value: string | number): string {
  const text = String(value).replace(FORMULA, "'$&");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
