import { UsageError } from '../../local/options.ts';
import { parseAnswer } from '../answer/answer.ts';
import { problemIn } from '../answer/problems.ts';
import { render } from '../answer/render.ts';
import type { Work } from '../command.ts';

/** How an answer is shown, if not as text or JSON. */
interface Form {
  /** The file for a page about the run. */
  html?: string | undefined;
  /** Whether the whole answer, with all its pages, is written as comma-separated values. */
  csv?: true | undefined;
}

type Event = { command: string } & Record<string, unknown>;

/** The work of a command that sends one event to the orchestrator. */
export function sendEvent(event: Event, { html, csv }: Form = {}): Work {
  return async ({ json, open }) => {
    if (json && (html !== undefined || csv)) {
      throw new UsageError(
        `--json and ${csv ? '--csv' : '--html'} are two forms of the answer; give one of them.`,
      );
    }
    const target = await open();
    if (csv) {
      const { allPages, csvOf } = await import('../answer/csv.ts');
      return { output: csvOf(await allPages(event, target)) };
    }
    const payload = await target.send(event);
    if (html !== undefined) {
      await (await import('../page/write.ts')).writePage(html, payload, target.where);
      return { output: `wrote ${html}\n` };
    }
    const { isTTY, columns } = process.stdout;
    const isTerminal = isTTY && !process.env['NO_COLOR'];
    const screen = { isTerminal, columns: isTTY ? columns : 120, where: target.where };
    const output = json ? `${payload}\n` : render(payload, screen);
    return { output, problem: problemIn(event.command, parseAnswer(payload), target.where) };
  };
}
