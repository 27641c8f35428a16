import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './support/local-app.ts';

const GLOSSARY = 'docs/glossary.md';

/** The phrases in the columns "not" of the glossary's tables. */
function unwanted(): string[] {
  const rows = readFileSync(join(root, GLOSSARY), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| *(-|term|write)/.test(line));
  return rows.flatMap((row) => {
    const cells = row.split('|').map((cell) => cell.trim());
    return cells
      .at(-2)!
      .split(/, */)
      .filter((phrase) => phrase !== '');
  });
}

/** Files that people read, other than the pages in docs/ and the changes of earlier days. */
function files(): string[] {
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return tracked
    .split('\n')
    .filter((file) => /\.([jt]s|md|yml)$/.test(file))
    .filter(
      (file) =>
        file !== 'CHANGELOG.md' &&
        file !== 'test/words.test.ts' &&
        !file.startsWith('docs/') &&
        !file.startsWith('test/fixtures/'),
    );
}

/** A phrase as whole words, whatever the line breaks and the marks of a comment between them. */
const toPattern = (phrase: string) =>
  new RegExp(`(?<![\\w])${phrase.split(' ').join('(?:\\s|\\*|//)+')}(?![\\w])`, 'gi');

test('the glossary says which phrases not to use', () => {
  expect(unwanted()).toEqual(expect.arrayContaining(['put down', 'mended', 'told']));
  expect(unwanted().length).toBeGreaterThan(40);
});

/** Errors of MongoDB's own server, which the embedded store answers with. */
const OF_MONGODB = /\$(options|regex) has to be a string/g;

test('code, messages and names use the terms of the glossary', () => {
  const patterns = unwanted().map(toPattern);
  const found = files().flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8').replace(OF_MONGODB, '');
    return patterns.flatMap((pattern) =>
      [...text.matchAll(pattern)].map((match) => {
        const line = text.slice(0, match.index).split('\n').length;
        return `${file}:${line}: ${match[0].replace(/\s+/g, ' ')}`;
      }),
    );
  });
  expect(found).toEqual([]);
});
