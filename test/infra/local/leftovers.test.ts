import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readEndpoint, removeEndpoint, writeEndpoint } from '../../../infra/local/endpoint-file.ts';
import { fileProblem } from '../../../infra/local/mongodb/file-problem.ts';
import { startStore } from '../../../infra/local/mongodb/server.ts';
import { shellWord } from '../../../infra/local/shell-word.ts';
import { npmStart, startCommand } from '../../support/command.ts';
import { root, temporaryFolder } from '../../support/local-app.ts';

// What an earlier run left, and mistyped options.
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const trader = (args: string[], env: Record<string, string> = {}) =>
  startCommand('infra/cli/main.ts', args, env).finished;

const ID = '2a2d6a26-2f8c-4a5e-9d0c-6a4b1f2e3d4c';

describe('an endpoint file', () => {
  let stranger: Server;
  beforeEach(async () => {
    stranger = createServer((_, response) => response.end('{"runs":[]}')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
  });
  afterEach(() => stranger.close());

  const file = () => join(folder.path, 'endpoint.json');
  const own = () => ({
    endpoint: `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`,
    orchestrator: 'o',
    pid: process.pid,
    id: ID,
  });

  test.each([
    ['empty', ''],
    ['torn', '{"endpoint":"http://127.0.0.1:1","orch'],
    ['of another form', '{"endpoint":"http://127.0.0.1:1","orchestrator":"o","pid":1}'],
    [
      'of another host',
      JSON.stringify({ endpoint: 'http://example.com:80', orchestrator: 'o', pid: 1, id: ID }),
    ],
    ['no object', 'null'],
    ['no text', Buffer.from([0xff, 0xfe, 0x00])],
  ])('that is %s says nothing', async (_, content) => {
    writeFileSync(file(), content);
    expect(await readEndpoint(folder.path)).toBeUndefined();
  });

  test('whose process and port are of other programs says nothing', async () => {
    writeEndpoint(folder.path, own());
    expect(await readEndpoint(folder.path)).toBeUndefined();
    writeEndpoint(folder.path, { ...own(), endpoint: 'http://127.0.0.1:1' });
    expect(await readEndpoint(folder.path)).toBeUndefined();
    removeEndpoint(folder.path, 'another');
    expect(readdirSync(folder.path)).toEqual(['endpoint.json']);
    removeEndpoint(folder.path, own().id);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('that is left leaves the command line usable', async () => {
    writeEndpoint(folder.path, own());
    expect(await trader(['list', '--data', `${folder.path}/`])).toMatchObject({ code: 0, stdout: 'no runs' });
  });
});

describe('--data', () => {
  test('takes a name with a dot and a slash at its end, relative to the folder of the user', async () => {
    const here = { INIT_CWD: folder.path };
    const started = await npmStart(['--data', './my.data/', '--key', 'k'], here);
    expect(started).toMatchObject({ code: 0 });
    expect(existsSync(join(folder.path, 'my.data', 'data.mdb'))).toBe(true);
    const again = await trader(['list', '--data', 'my.data'], here);
    expect(again.stdout).toMatch(/ AMZN +SUCCESS /);
  });

  test('that does not exist is not created by a command that reads', async () => {
    const missing = join(folder.path, 'mi-data');
    expect(await trader(['list', '--data', missing])).toMatchObject({
      code: 2,
      stderr: `There is no folder ${missing}. Give --data the folder that npm start was given.\n`,
    });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.each([
    ['a file', 'file', 2, /--data takes a folder, and .*file is not a folder/],
    ['below a file', 'file/below', 2, /can't be read: a part of its path is a file \(ENOTDIR\)/],
    [
      'of a name that is too long',
      'x'.repeat(300),
      2,
      /can't be read: the name is too long \(ENAMETOOLONG\)/,
    ],
  ])('%s is refused in one line', async (_, name, code, message) => {
    writeFileSync(join(folder.path, 'file'), '');
    for (const run of [npmStart, trader]) {
      const args = run === trader ? ['list'] : [];
      const finished = await run([...args, '--data', join(folder.path, name)]);
      expect(finished.stderr).toMatch(message);
      expect(finished.stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(finished.code).toBe(code);
    }
  });

  test('that a local run has says that it is yours, and what to do', async () => {
    const watching = startCommand('infra/local/main.ts', ['--data', folder.path, '--watch']);
    await watching.line(/^Tick now npm run trader -- run --data /);
    await watching.line(/^next tick /);
    const second = await npmStart(['--data', folder.path]);
    expect(second).toMatchObject({ code: 1 });
    expect(second.stderr).toMatch(
      new RegExp(`^Your npm start -- --watch \\(process ${watching.pid}\\) has the data folder .* Ctrl-C`),
    );
    expect((await trader(['list', '--data', folder.path])).stdout).toBe('no runs');
    watching.kill('SIGINT');
    expect((await watching.finished).code).toBe(0);
    expect(existsSync(join(folder.path, 'endpoint.json'))).toBe(false);
  });

  test('that another program of the store has says so', async () => {
    const store = await startStore({ dataDir: folder.path });
    const { code, stderr } = await npmStart(['--data', folder.path]);
    await store.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`is held by process ${process.pid}`);
  });
});

/** How a command ends if its output is not read. */
async function unread(file: string, args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

test('who stops reading gets no stack trace, and what was asked for is done', async () => {
  const key = ['--data', folder.path, '--key', 'k'];
  expect(await unread('infra/local/main.ts', key)).toEqual({ code: 0, stderr: '' });
  expect(await unread('infra/cli/main.ts', ['list', '--data', folder.path])).toEqual({ code: 0, stderr: '' });
  expect((await trader(['list', '--data', folder.path])).stdout).toMatch(/ AMZN +SUCCESS /);
});

test("output that can't be written is reported in one line, and is exit code 1", async () => {
  if (!existsSync('/dev/full')) return;
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, ['--import', 'tsx', 'infra/cli/main.ts', '--help'], {
    cwd: root,
    stdio: ['ignore', full, 'pipe'],
  });
  let stderr = '';
  child.stderr!.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  closeSync(full);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'The output: the disk is full; free some space and start again (ENOSPC).\n',
  });
});

test('a schedule of a year far away is waited for, and the first Ctrl-C stops', async () => {
  const schedule = 'schedule=cron(0 10 1 jan ? 2199)';
  const watching = startCommand('infra/local/main.ts', ['--data', folder.path, '--watch', '-c', schedule]);
  await watching.line(/^Schedule cron\(0 10 1 JAN \? 2199\) America\/New_York; Ctrl-C stops$/);
  await watching.line(/^next tick 2199-01-01T15:00:00.000Z$/);
  watching.kill('SIGINT');
  const { code, stderr } = await watching.finished;
  expect(code).toBe(0);
  expect(stderr).not.toMatch(/^ +at /m);
});

test('what the operating system refuses is reported in words', () => {
  const thrown = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return fileProblem(error);
    }
    return 'nothing was thrown';
  };
  if (existsSync('/dev/full')) {
    expect(thrown(() => writeFileSync('/dev/full', 'x'))).toMatch(/the disk is full.*\(ENOSPC\)/);
  }
  expect(thrown(() => writeFileSync(folder.path, 'x'))).toBe('it is a folder (EISDIR)');
  expect(thrown(() => mkdirSync(join(folder.path, 'a', 'b')))).toMatch(/no such file or folder/);
  const readOnly = Object.assign(new Error('EROFS'), { code: 'EROFS', syscall: 'mkdir', path: '/x' });
  expect(fileProblem(readOnly)).toMatch(/read-only/);
  expect(fileProblem(new Error('ENOSPC'))).toBeUndefined();
});

test.each([
  ['/a/my.data', '/a/my.data'],
  ['/a/my data', "'/a/my data'"],
  ["it's", "'it'\\''s'"],
  ['$(x)', "'$(x)'"],
])('%s is %s in a shell', (text, word) => expect(shellWord(text)).toBe(word));
