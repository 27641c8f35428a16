import { printable } from '../local/text.ts';

/** Columns of text, one line for each row. Amounts are aligned to the right, the rest to the left. */
export function columns(header: string[], rows: string[][]): string[] {
  const lines = (header.length > 0 ? [header, ...rows] : rows).map((row) => row.map(printable));
  const count = Math.max(...lines.map(({ length }) => length));
  const indexes = Array.from({ length: count }, (_, column) => column);
  const widths = indexes.map((column) => Math.max(...lines.map((line) => line[column]!.length)));
  const isAmount = indexes.map((column) => rows.every((row) => /^(-?\d+(\.\d+)?|-)$/.test(row[column]!)));
  return lines.map((line) =>
    line
      .map((text, column) =>
        isAmount[column] ? text.padStart(widths[column]!) : text.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}
