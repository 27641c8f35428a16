import { join } from 'node:path';
import { allPages, csvOf } from '../../infra/cli/csv.ts';
import { render } from '../../infra/cli/render.ts';
import { removeEndpoint, writeEndpoint } from '../../infra/local/endpoint-file.ts';
import type { LocalApp } from '../../infra/local/local-app.ts';
import { answers } from '../../orchestrator/report.ts';
import { startCommand } from '../support/command.ts';
import { ORCHESTRATOR, startTestApp, temporaryFolder } from '../support/local-app.ts';

// A local run that is up, where every order needs a person's approval; the command line is a process of its own.
let app: LocalApp;
let folder: ReturnType<typeof temporaryFolder>;
let dataDir: string;
beforeAll(async () => {
  folder = temporaryFolder();
  dataDir = join(folder.path, 'data');
  app = await startTestApp({ dataDir, overrides: { [ORCHESTRATOR]: { APPROVE_ABOVE: '0' } } });
  writeEndpoint(dataDir, { endpoint: app.endpoint, orchestrator: app.orchestrator, pid: process.pid });
});
afterAll(async () => {
  removeEndpoint(dataDir);
  await app.close();
  folder.remove();
});

const trader = (...args: string[]) =>
  startCommand('infra/cli/main.ts', [...args, '--data', dataDir]).finished;

test('a run that waits is seen in the list, approved, and shown', async () => {
  const started = await trader('run', '--symbol', 'AMZN', '--key', 'cli', '--json');
  expect(started).toMatchObject({ code: 0, stderr: '' });
  const { id } = answers.report.parse(JSON.parse(started.stdout)).runs[0]!;

  const list = await trader('list', '--state', 'IN_PROGRESS');
  expect(list.stdout.split('\n')).toHaveLength(2);
  expect(list.stdout).toMatch(new RegExp(`${id} +AMZN +IN_PROGRESS .* waits for an answer`));

  const approved = await trader('approve', id, '--note', 'checked');
  expect(approved.stdout).toMatch(/^approved\n/);
  expect(approved.stdout).toMatch(/approval .*█.* ms/);
  expect((await trader('approve', id)).stdout).toMatch(/^already-approved\n/);
  const shown = await trader('show', id, '--json');
  expect(answers.run.parse(JSON.parse(shown.stdout)).run).toMatchObject({ id, state: 'SUCCESS' });
});

test('trading is halted and let on again; the ledger is told as tables and as comma-separated values', async () => {
  expect((await trader('halt', '--note', 'cli')).stdout).toMatch(/^new orders are refused since .*: cli$/);
  const { id } = answers.report.parse(JSON.parse((await trader('run', '--symbol', 'HALT', '--json')).stdout))
    .runs[0]!;
  expect((await trader('approve', id)).stdout).toMatch(/no trade; trading is halted since .*: cli/);
  expect((await trader('unhalt')).stdout).toBe('new orders are let in');

  expect((await trader('positions')).stdout).toMatch(/^SYMBOL +SHARES .*\nAMZN +-?1 /);
  expect((await trader('trades', '--symbol', 'HALT')).stdout).toBe('no trades');
  const [names, ...rows] = (await trader('trades', '--csv', '--limit', '1')).stdout.split('\n');
  expect(names).toBe('id,symbol,type,qty,price,timestamp');
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatch(/^[0-9a-f]{24},AMZN,(buy|sell),1,\d+\.\d\d,2\d{3}-/);
});

test('symbols are watched and unwatched; a report of several runs is summed up', async () => {
  const idle = /Ticks do not trade this list, .* configure watchlist=store\.$/;
  expect((await trader('watch', 'MSFT', 'BRK.B')).stdout).toMatch(/^BRK\.B\nMSFT\nTicks do not/);
  expect((await trader('unwatch', 'BRK.B', 'GONE')).stdout).toMatch(/^MSFT\nTicks do not/);
  expect((await trader('watchlist')).stdout).toMatch(idle);
  expect(await trader('watch')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/takes symbols/) as string,
  });
  expect((await trader('watch', '$MSFT')).stderr).toMatch(/a symbol is 1 to 10 letters/);

  const several = await trader('run', '--symbol', 'MSFT', '--symbol', 'GOOG', '--key', 'several');
  expect(several.stdout).toMatch(/\n2 runs: 2 in progress$/);
  const listed = await trader('list', '--tick', 'several', '--json');
  const { runs } = answers.page.parse(JSON.parse(listed.stdout));
  expect(runs.map(({ symbol }) => symbol).sort()).toEqual(['GOOG', 'MSFT']);
});

test('all pages go into the comma-separated values, and what has a comma in quotes', async () => {
  const pages = [
    { trades: [{ id: 'a,b', qty: 1 }], cursor: 'next' },
    { trades: [{ id: 'say "c"', qty: 2 }], cursor: null },
  ];
  const sent: object[] = [];
  const send = (event: object) => Promise.resolve(JSON.stringify(pages[sent.push(event) - 1]));
  const rows = await allPages({ command: 'trades' }, { send, close: () => Promise.resolve() });
  expect(sent).toEqual([{ command: 'trades' }, { command: 'trades', cursor: 'next' }]);
  expect(csvOf(rows)).toBe('id,qty\n"a,b",1\n"say ""c""",2\n');
});

test.each([
  ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['+1+cmd', "'+1+cmd"],
  ['-key', "'-key"],
  ['\t=1', "'\t=1"],
  ['\r=1', `"'\r=1"`],
  ['-12.50', '-12.50'],
  [-3, '-3'],
  ['a=b', 'a=b'],
])('%j is no formula of a spreadsheet', (id, written) => {
  expect(csvOf([{ id }])).toBe(`id\n${written}\n`);
});

test.each([
  [[], 0, 'npm run trader -- COMMAND'],
  [['--help'], 0, 'Exit code: 0 done'],
  [['list', '--help'], 0, 'list [--state S]'],
])('%j explains itself', async (args, code, text) => {
  const finished = await startCommand('infra/cli/main.ts', args).finished;
  expect(finished).toMatchObject({ code, stderr: '' });
  expect(finished.stdout).toContain(text);
});

test.each([
  [['sell'], 2, 'There is no command "sell". See npm run trader -- --help.'],
  [['list', '--colour'], 2, "Unknown option '--colour'"],
  [['show'], 2, '"show" takes a run\'s id'],
  [['show', 'a', 'b'], 2, '"show" can\'t take "b"'],
  [['show', 'x'], 1, '24 hexadecimal digits'],
  [['show', '0123456789abcdef01234567'], 1, 'RefusedError: There is no run'],
  [['trades', '--csv', '--json'], 2, 'take one of the two'],
  [['unhalt', '--note', 'x'], 2, "Unknown option '--note'"],
  [['list', '--limit', 'many'], 1, 'InvalidEventError'],
])('%j is refused in one line', async (args, code, text) => {
  const finished = await trader(...args);
  expect(finished).toMatchObject({ code, stdout: '' });
  expect(finished.stderr.trim().split('\n')).toHaveLength(1);
  expect(finished.stderr).toContain(text);
});

test('a function that there is not, and missing credentials, are told in one line', async () => {
  const aws = { AWS_ENDPOINT_URL: app.endpoint, AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true' };
  const call = (env: Record<string, string>) =>
    startCommand('infra/cli/main.ts', ['list', '--function', 'nobody'], { ...aws, ...env }).finished;
  const unknown = await call({ AWS_ACCESS_KEY_ID: 'user', AWS_SECRET_ACCESS_KEY: 'local' });
  expect(unknown).toMatchObject({ code: 1, stdout: '' });
  expect(unknown.stderr).toContain('There is no function nobody');
  const nobody = await call({ HOME: folder.path });
  expect(nobody).toMatchObject({ code: 1, stdout: '' });
  expect(nobody.stderr).toContain('There are no AWS credentials');
});

test('what a run holds can not write to the terminal', () => {
  const evil = '\u001b[2J\u0007';
  const run = {
    id: '0123456789abcdef01234567',
    key: evil,
    symbol: 'AMZN',
    state: 'ERROR',
    result: null,
    error: { name: 'Error', message: evil },
    steps: [],
    waits: [],
    startedAt: '2026-01-05T14:30:00.000Z',
    endedAt: '2026-01-05T14:30:01.000Z',
  };
  for (const answer of [{ run }, { runs: [run], cursor: null }]) {
    const text = render(JSON.stringify(answer), { columns: 80, isTerminal: false });
    // eslint-disable-next-line no-control-regex -- they are what it is about
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  }
});
