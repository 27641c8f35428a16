import { allPages, csvOf } from './csv.ts';
import { writePage } from './page/write.ts';
import { parseAnswer } from './answer.ts';
import type { Done, EventCommand } from './command.ts';
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

/** Sends an event, and answers what it came to. */
export async function sendEvent(
  event: object,
  { csv, html, json }: Form,
  problemIn: EventCommand['problemIn'],
  target: Target,
): Promise<Done> {
  if (csv) return { output: csvOf(await allPages(event, target)) };
  const payload = await target.send(event);
  if (html !== undefined) {
    await writePage(html, payload, target.where);
    return { output: `wrote ${html}\n` };
  }
  const { isTTY, columns } = process.stdout;
  const isTerminal = isTTY && !process.env['NO_COLOR'];
  const screen = { isTerminal, columns: isTTY ? columns : 120, where: target.where };
  const output = json ? `${payload}\n` : render(payload, screen);
  return { output, problem: problemIn(parseAnswer(payload), target.where) };
}
