import { writeFile } from 'node:fs/promises';
import { fromHere } from '../../local/data-folder.ts';
import { UsageError } from '../../local/options.ts';
import { parseAnswer } from '../answer/answer.ts';
import { page } from './page.ts';

/** Writes a page about the run in an answer to `show`. */
export async function writePage(file: string, payload: string, where: string): Promise<void> {
  const { run } = parseAnswer(payload);
  if (!run) throw new Error('The orchestrator answered "show" without a run.');
  await writeFile(fromHere(file), page(run, where)).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `The page could not be written to ${file}: ${error.code}. Name a file in a folder that exists.`,
    );
  });
}
