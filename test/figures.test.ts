import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { figuresOf, PAGES, withoutFigures } from './support/figures.ts';
import { root } from './support/local-app.ts';

/** What a measured figure looks like, as opposed to a limit. */
const MEASURED = [
  /\b\d[\d.,]* ?(ms|kB)\b/g,
  /\b(took|takes|in|within some|some) \d+(\.\d+)? (s|seconds|minutes)\b/g,
  /\b\d+\.\d+ (times|to \d+\.\d+|s)\b/g,
  /\b\d[\d,]* (kills|stops|faults|outages|deliveries|random schedules|commands)\b/g,
  /\*\*\d+\*\*/g,
];

/** Without code, which a person types, and links, which may have any number. */
const prose = (page: string) =>
  withoutFigures(page)
    .replace(/```[^]*?```/g, '')
    .replace(/`[^`]*`/g, '')
    .replace(/\]\([^)]*\)/g, ']');

const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts;
const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });

test.each(PAGES)('%s has no figure that no command owns', (page) => {
  expect(MEASURED.flatMap((pattern) => prose(page).match(pattern) ?? [])).toEqual([]);
});

test('figures are found where there are some', () => {
  const found = (text: string) => MEASURED.some((pattern) => new RegExp(pattern).test(text));
  const some = [
    'in 2.4 s',
    '612 ms',
    '72 kills',
    'took 75 s',
    '1.5 times',
    '135 kB',
    'sends **6**',
    '0.5 to 0.75',
  ];
  expect(some.filter((text) => !found(text))).toEqual([]);
  expect(['5 attempts', 'up to 6 MB', 'a time-out of 5 s', '1 to 65535'].filter(found)).toEqual([]);
});

const owned = PAGES.flatMap((page) => figuresOf(page).map((figures) => ({ page, ...figures })));

test.each(owned)('$page: the figures of $owner are there, and so is the command', ({ owner, text }) => {
  expect(text).not.toBe('');
  // What an account would show is assumed, and priced by AWS's lists.
  if (/^assumed, with prices of https:/.test(owner)) return;
  const [, script, , pattern] = /^(?:UPDATE_DOCS=1 )?npm (?:run )?([\w:-]+)( -- ([\w/-]+))?/.exec(owner)!;
  expect(Object.keys(scripts)).toContain(script);
  if (script !== 'test') return;
  const file = tests.find((name) => `test/${name}`.startsWith(pattern!) && name.endsWith('.test.ts'))!;
  expect(existsSync(join(root, 'test', file))).toBe(true);
  expect(readFileSync(join(root, 'test', file), 'utf8')).toContain(`figuresOfTest(`);
});

test('there are figures', () => expect(owned.length).toBeGreaterThan(3));
