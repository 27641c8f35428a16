import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmStart } from './support/command.ts';
import { PAGES, pageText } from './support/figures.ts';
import { root, temporaryFolder } from './support/local-app.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** A run's lines, without what is another one's each time. */
const shapeOf = (text: string) =>
  text
    .trim()
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\b[0-9a-f]{24}\b/g, 'ID')
    .replace(/\b\d+ ms\b/g, 'MS')
    .replace(/\b\d+\.\d\d\b/g, 'PRICE')
    .replace(/\b(buy|sell)\b/g, 'SIDE')
    .replace(/\b(bought|sold)\b/g, 'DID')
    .split('\n')
    .map((line) => line.replace(/ +/g, ' '));

test("README's sample is what npm start prints", async () => {
  const [, sample] = /```\n(tick [^]*?)```/.exec(pageText('README.md'))!;
  const { code, stdout, stderr } = await npmStart(['--data', folder.path]);
  expect({ code, stderr: stderr.replace(/^Bundling asset .*\n/gm, '') }).toEqual({ code: 0, stderr: '' });
  expect(shapeOf(stdout)).toEqual(shapeOf(sample!));
});

test('what the commands in the documentation write is ignored by git', () => {
  const shells = PAGES.flatMap((page) => pageText(page).match(/```sh\n[^]*?```/g) ?? []).join('\n');
  const written = [...shells.matchAll(/(?:--(?:svg|html|data) |(?<!<)> )(\.?[\w./-]+)/g)].map(
    ([, file]) => file!,
  );
  const files = written.filter((file) => file !== '/dev/stdout' && !/^[A-Z]+$/.test(file));
  expect(files.length).toBeGreaterThan(2);
  copyFileSync(join(root, '.gitignore'), join(folder.path, '.gitignore'));
  const git = (...args: string[]) => execFileSync('git', ['-C', folder.path, ...args], { encoding: 'utf8' });
  git('init', '--quiet');
  const ignored = git(
    'check-ignore',
    '--no-index',
    ...files.map((file) => (/\.\w+$/.test(file) ? file : `${file}/`)),
  );
  expect(ignored.trim().split('\n').length).toBe(files.length);
});
