import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('../..', import.meta.url));
const END = '<!-- end of figures -->';
const startOf = (owner: string) => `<!-- figures: ${owner} -->`;
const BLOCK = /<!-- figures: (.*?) -->\n([^]*?)<!-- end of figures -->/g;

/** The pages of documentation, from the project's root. */
export const PAGES = [
  'README.md',
  ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')),
].map((name) => (name === 'README.md' ? name : `docs/${name}`));

export const pageText = (page: string) => readFileSync(join(root, page), 'utf8');

/** What stands between the markers of a page, by the command that writes it. */
export function figuresOf(page: string): { owner: string; text: string }[] {
  return [...pageText(page).matchAll(BLOCK)].map(([, owner, text]) => ({
    owner: owner!,
    text: text!.trim(),
  }));
}

/** A page without its figures. */
export const withoutFigures = (page: string) => pageText(page).replace(BLOCK, '');

/**
 * Puts what a command has measured between its markers.
 *
 * @param owner the command, as the marker in the page names it
 */
async function writeFigures(page: string, owner: string, markdown: string): Promise<void> {
  const text = pageText(page);
  const start = text.indexOf(startOf(owner));
  const end = text.indexOf(END, start);
  if (start < 0 || end < 0)
    throw new Error(`${page} has no figures of ${owner}, expected ${startOf(owner)}.`);
  const written = `${text.slice(0, start)}${startOf(owner)}\n\n${markdown}\n\n${text.slice(end)}`;
  const path = join(root, page);
  writeFileSync(path, await format(written, { ...(await resolveConfig(path)), parser: 'markdown' }));
}

/** Of a test that measures: writes its figures where UPDATE_DOCS is set, as `npm test` does not. */
export async function figuresOfTest(page: string, test: string, markdown: string): Promise<void> {
  if (process.env['UPDATE_DOCS']) await writeFigures(page, `UPDATE_DOCS=1 npm test -- ${test}`, markdown);
}

/** A table of Markdown. */
export function table(head: string[], rows: (string | number)[][]): string {
  const line = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
