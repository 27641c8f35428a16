import { allPages, csvOf } from './csv.ts';
import { writePage } from './page/write.ts';
import { render } from './render.ts';
import type { Target } from './target.ts';

/** How an answer is shown. */
export interface Form {
  json: boolean;
  /** The file to write a page about the run to. */
  html: string | undefined;
  /** Whether the whole answer, all of its pages, is to be a table of comma-separated values. */
  csv: boolean;
}

/** Sends an event, and answers what is to be printed. */
export async function sendEvent(event: object, { csv, html, json }: Form, target: Target): Promise<string> {
  if (csv) return csvOf(await allPages(event, target));
  const payload = await target.send(event);
  if (html !== undefined) {
    await writePage(html, payload);
    return `wrote ${html}\n`;
  }
  const { isTTY, columns } = process.stdout;
  const screen = { isTerminal: isTTY && !process.env['NO_COLOR'], columns: isTTY ? columns : 120 };
  return json ? `${payload}\n` : render(payload, screen);
}
