import { join } from 'node:path';
import { parseAnswer } from '../../infra/cli/answer/answer.ts';
import { allPages, csvOf } from '../../infra/cli/answer/csv.ts';
import { problemIn, problems } from '../../infra/cli/answer/problems.ts';
import { render } from '../../infra/cli/answer/render.ts';
import { removeEndpoint, writeEndpoint } from '../../infra/local/endpoint-file.ts';
import type { LocalApp } from '../../infra/local/local-app.ts';
import { answers } from '../support/answers.ts';
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
  const { endpoint, orchestrator, id } = app;
  writeEndpoint(dataDir, { endpoint, orchestrator, id, pid: process.pid });
});
afterAll(async () => {
  removeEndpoint(dataDir, app.id);
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
  expect(list.stdout.split('\n')).toHaveLength(3);
  expect(list.stdout).toMatch(new RegExp(`${id} +AMZN +IN_PROGRESS .* waits for an answer`));

  const approved = await trader('approve', id, '--note', 'checked');
  expect(approved.stdout).toMatch(/^approved\n/);
  expect(approved.stdout).toMatch(/approval .*█.* ms/);
  expect((await trader('approve', id)).stdout).toMatch(/^already-approved\n/);
  const shown = await trader('show', id, '--json');
  expect(answers.run.parse(JSON.parse(shown.stdout)).run).toMatchObject({ id, state: 'SUCCESS' });
});

const ended = {
  id: 'a'.repeat(24),
  key: 'k',
  symbol: 'S',
  startedAt: '2026-01-05T14:30:00Z',
  waits: [],
  result: null,
};
const failed = { ...ended, state: 'ERROR', error: { name: 'E', message: 'why' }, endedAt: ended.startedAt };
const fine = { ...ended, state: 'SUCCESS', error: null, endedAt: ended.startedAt };
const FAILED = `Run ${ended.id} failed: E: why To resume it: npm run trader -- retry ${ended.id} --data d`;
const SHOW = `See npm run trader -- show ${ended.id} --data d`;
const MANY = 'Runs that failed: 7. See npm run trader -- list --state ERROR --data d';
const flat = { symbol: 'S', outcome: 'nothing-held', reason: null, trade: null, left: '0', open: 0 };
const LEFT = 'Not closed: S.';
const SAME_KEY = "To go on with what is pending: npm run trader -- flatten --key 'my k' --data d";
const OTHER_KEY = 'What was traded or refused is tried again with another key.';
const answersOfRuns: [string, object, string | undefined][] = [
  ['approve', { outcome: 'approved', run: fine }, undefined],
  ['approve', { outcome: 'approved', run: failed }, FAILED],
  ['approve', { outcome: 'already-approved', run: failed }, FAILED],
  [
    'approve',
    { outcome: 'already-rejected', run: fine },
    `Nothing was changed: the run is already rejected. ${SHOW}`,
  ],
  [
    'reject',
    { outcome: 'already-approved', run: fine },
    `Nothing was changed: the run is already approved. ${SHOW}`,
  ],
  ['cancel', { outcome: 'cancelled', run: failed }, undefined],
  [
    'cancel',
    { outcome: 'already-ended', run: fine },
    `Nothing was changed: the run is already ended. ${SHOW}`,
  ],
  ['retry', { outcome: 'retried', run: fine }, undefined],
  ['retry', { outcome: 'retried', run: failed }, FAILED],
  ['resume', { runs: [fine, failed], counts: { traded: 1, failed: 1 } }, FAILED],
  ['run', { runs: [failed], counts: { failed: 7 }, omitted: 6 }, MANY],
  ['tick', { runs: [fine], counts: { traded: 1 } }, undefined],
  ['tick', { runs: [fine], counts: { traded: 1, failed: 7 }, omitted: 7 }, MANY],
  ['tick', { runs: [fine], counts: { failed: 1 }, omitted: 1 }, MANY.replace('7', '1')],
  ['flatten', { key: 'k', flattened: [flat] }, undefined],
  ['flatten', { key: 'k', flattened: [{ ...flat, left: '2', outcome: 'refused' }] }, `${LEFT} ${OTHER_KEY}`],
  [
    'flatten',
    { key: 'my k', flattened: [{ ...flat, outcome: 'pending' }] },
    `${LEFT} ${SAME_KEY} ${OTHER_KEY}`,
  ],
  ['list', { runs: [failed] }, undefined],
  ['show', { run: failed }, undefined],
];
test.each(answersOfRuns)('%s answered by %j', (name, answer, problem) => {
  expect(problemIn(name, parseAnswer(JSON.stringify(answer)), ' --data d')).toBe(problem);
});

test('each command that changes a run is among these', () => {
  const tried = new Set(answersOfRuns.map(([name]) => name));
  expect(Object.keys(problems).filter((name) => !tried.has(name))).toEqual([]);
});

test('trading is halted and allowed again; the ledger is shown as tables and as comma-separated values', async () => {
  expect((await trader('halt', '--note', 'cli')).stdout).toMatch(/^new orders are refused since .*: cli$/);
  const { id } = answers.report.parse(JSON.parse((await trader('run', '--symbol', 'HALT', '--json')).stdout))
    .runs[0]!;
  expect((await trader('approve', id)).stdout).toMatch(/no trade; trading is halted since .*: cli/);
  expect((await trader('unhalt')).stdout).toBe('new orders are accepted');

  expect((await trader('positions')).stdout).toMatch(/^SYMBOL +SHARES .*\nAMZN +-?1 /);
  expect((await trader('trades', '--symbol', 'HALT')).stdout).toBe('no trades');
  const [names, ...rows] = (await trader('trades', '--csv', '--limit', '1')).stdout.split('\n');
  expect(names).toBe('id,symbol,type,qty,price,timestamp');
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatch(/^[0-9a-f]{24},AMZN,(buy|sell),1,\d+\.\d\d,2\d{3}-/);
});

test('a value that begins with a dash is taken after =, and a command line without a command is refused', async () => {
  expect((await trader('halt', '--note=--later')).stdout).toMatch(
    /^new orders are refused since .*: --later$/,
  );
  expect((await trader('unhalt')).code).toBe(0);
  expect(await trader('--json')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: 'The command is missing. See npm run trader -- --help.\n',
  });
});

test('symbols are watched and unwatched; a report of several runs is summed up', async () => {
  const idle = /Ticks do not trade this list, .* configure watchlist=store\.$/;
  expect((await trader('watch', 'MSFT', 'BRK.B')).stdout).toMatch(/^BRK\.B\nMSFT\nTicks do not/);
  expect((await trader('unwatch', 'BRK.B', 'GONE')).stdout).toMatch(/^MSFT\nTicks do not/);
  expect((await trader('watchlist')).stdout).toMatch(idle);
  expect(await trader('watch')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/Missing required argument 'symbols'/) as string,
  });
  expect((await trader('watch', '$MSFT')).stderr).toMatch(/a symbol is 1 to 10 letters/);

  const several = await trader('run', '--symbol', 'MSFT', '--symbol', 'GOOG', '--key', 'several');
  expect(several.stdout).toMatch(
    /\n2 runs: 2 in progress\nanswer: npm run trader -- approve ID --data .*, or reject$/,
  );
  const listed = await trader('list', '--tick', 'several', '--json');
  const { runs } = answers.page.parse(JSON.parse(listed.stdout));
  expect(runs.map(({ symbol }) => symbol).sort()).toEqual(['GOOG', 'MSFT']);
});

test('a command that did not do what was asked has exit code 1, and says why', async () => {
  const begin = async (key: string) => {
    const { stdout } = await trader('run', '--symbol', 'TSLA', '--key', key, '--json');
    return answers.report.parse(JSON.parse(stdout)).runs[0]!.id;
  };
  const taken = await begin('taken');
  const list = await trader('list', '--state', 'IN_PROGRESS', '--symbol', 'TSLA');
  expect(list.stdout).toMatch(
    new RegExp(`\nanswer: npm run trader -- approve ${taken} --data .*, or reject$`),
  );
  expect((await trader('show', taken)).stdout).toContain(
    `answer: npm run trader -- approve ${taken} --data `,
  );
  expect(await trader('approve', taken)).toMatchObject({ code: 0, stderr: '' });
  for (const command of ['reject', 'cancel']) {
    const late = await trader(command, taken);
    expect(late.code).toBe(1);
    expect(late.stderr).toMatch(
      /^(Nothing was changed: the run is already \w+\. See .*|RefusedError: .*)\n$/,
    );
  }
  const left = await begin('left');
  expect(await trader('reject', left)).toMatchObject({ code: 0, stderr: '' });
  expect((await trader('approve', left)).stderr).toMatch(
    /^Nothing was changed: the run is already rejected\. See npm run trader -- show \w+ --data /,
  );
  expect(await trader('cancel', await begin('off'))).toMatchObject({ code: 0, stderr: '' });
});

test('all pages go into the comma-separated values, and what has a comma in quotes', async () => {
  const pages = [
    { trades: [{ id: 'a,b', qty: '1' }], cursor: 'next' },
    { trades: [{ id: 'say "c"', qty: '2' }], cursor: null },
  ];
  const sent: object[] = [];
  const send = (event: object) => Promise.resolve(JSON.stringify(pages[sent.push(event) - 1]));
  const rows = await allPages({ command: 'trades' }, { where: '', send, close: () => Promise.resolve() });
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
  [['list', '--help'], 0, '--state <state>'],
  [['help', 'list'], 0, '--state <state>'],
  [['--', 'list', '--help'], 0, '--state <state>'],
])('%j explains itself', async (args, code, text) => {
  const finished = await startCommand('infra/cli/main.ts', args).finished;
  expect(finished).toMatchObject({ code, stderr: '' });
  expect(finished.stdout).toContain(text);
});

test.each([
  [['sell'], 2, "Unknown command 'sell'"],
  [['list', '--colour'], 2, "Unknown option '--colour'. See npm run trader -- list --help."],
  [['list', '--uri=mongodb://u:hunter2@h'], 2, "Unknown option '--uri'. See"],
  [['mongodb://u:hunter2@h'], 2, "Unknown command 'mongodb://***'. See"],
  [["mongodb://u:hun'ter2@h"], 2, "Unknown command 'mongodb://***'. See"],
  [['mongodb%3A%2F%2Fu:hunter2@h'], 2, "Unknown command 'mongodb://***'. See"],
  [['list', "--mongodb://u:hun'ter2@h"], 2, "Unknown option '--mongodb://***'. See"],
  [['list', '--limit', "mongodb://u:hun'ter2@h"], 2, "argument 'mongodb://***' is invalid."],
  [['list', '--function', 'mongodb://u:hunter2@h'], 2, 'No option and no command takes a URI of MongoDB'],
  [['backtest', 'mongodb%3A%2F%2Fu%3Ahunter2%40h'], 2, 'No option and no command takes a URI'],
  [['watch', 'AMZN', 'https://u:hunter2@h'], 2, 'No option and no command takes a URI'],
  [['list', '--json=yes'], 2, '--json takes no value. See npm run trader -- list --help.'],
  [['show'], 2, "Missing required argument 'id'. See npm run trader -- show --help."],
  [['show', 'a', 'b'], 2, 'Unexpected argument "b". See npm run trader -- show --help.'],
  [['show', 'x'], 2, 'ID: the id of a run is 24 hexadecimal digits'],
  [['show', '0123456789abcdef01234567'], 1, 'RefusedError: There is no run'],
  [['trades', '--csv', '--json'], 2, 'give one of them'],
  [['unhalt', '--note', 'x'], 2, "Unknown option '--note'"],
  [['list', '--limit', 'many'], 2, "argument 'many' is invalid. It is not a whole number. See"],
  [['list', '--limit', '-1'], 2, "argument '-1' is invalid. It is not a whole number. See"],
  [['list', '--limit', '1000'], 2, '--limit: '],
  [['list', '--from', 'yesterday'], 2, '--from: it is an ISO 8601 time in UTC'],
  [['list', '--state', 'DONE'], 2, '--state: '],
  [['run', '--key', ''], 2, '--key is empty; give it a value, or omit it.'],
  [['run', '--key', 'k'.repeat(129)], 2, '--key: an idempotency key is 1 to 128 characters'],
  [['run', '--key', '--symbol', 'AMZN'], 2, '--key takes a value, but "--symbol" follows it.'],
  [['halt', '--note', '--later'], 2, 'If that is the value, write --note=VALUE.'],
  [['help', 'nope'], 2, 'Unknown command "nope". See npm run trader -- --help.'],
  [['watch', 'MSFT', '--', '$5'], 2, 'SYMBOLS: a symbol is 1 to 10 letters'],
  [['run', '--key', '--json'], 2, "Option '--key <key>' argument missing. See"],
  [['tick'], 2, '--time: the scheduled time is an ISO 8601 time in UTC'],
  [['tick', '--time', 'noon'], 2, '--time: '],
  [['toString'], 2, "Unknown command 'toString'."],
  [['constructor'], 2, "Unknown command 'constructor'."],
  [['list', '--symbol', 'A', '--symbol', 'B'], 2, '--symbol is given twice; give it once.'],
  [['list', '--function', ''], 2, '--function is empty; give it a value, or omit it.'],
  [['retry', '0123456789abcdef01234567'], 1, 'See npm run trader -- list;'],
  [['aprove', 'x'], 2, "Unknown command 'aprove' (did you mean approve?). See"],
  [['list', '--stat', 'ERROR'], 2, "Unknown option '--stat' (did you mean --state?). See"],
  [['diff', '--strategy', 'threshold', '--limit', '0'], 2, '--limit takes a whole number of runs'],
])('%j is refused in one line', async (args, code, text) => {
  const finished = await trader(...args);
  expect(finished).toMatchObject({ code, stdout: '' });
  expect(finished.stderr.trim().split('\n')).toHaveLength(1);
  expect(finished.stderr).toContain(text);
  expect(finished.stderr).not.toMatch(/hun'?ter2/);
});

test('a function that does not exist, and missing credentials, are reported in one line', async () => {
  const aws = { AWS_ENDPOINT_URL: app.endpoint, AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true' };
  const call = (env: Record<string, string>) =>
    startCommand('infra/cli/main.ts', ['list', '--function', 'absent'], { ...aws, ...env }).finished;
  const unknown = await call({ AWS_ACCESS_KEY_ID: 'user', AWS_SECRET_ACCESS_KEY: 'local' });
  expect(unknown).toMatchObject({ code: 1, stdout: '' });
  expect(unknown.stderr).toContain('AWS does not find the function absent');
  const anonymous = await call({ HOME: folder.path });
  expect(anonymous).toMatchObject({ code: 1, stdout: '' });
  expect(anonymous.stderr).toContain('There are no AWS credentials');
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
    const text = render(JSON.stringify(answer), { columns: 80, isTerminal: false, where: '' });
    // eslint-disable-next-line no-control-regex -- they are what it is about
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  }
});
