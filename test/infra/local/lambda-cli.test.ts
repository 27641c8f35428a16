import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { invokeCommand } from '../../../infra/local/lambda/command-line.ts';
import { requestOf } from '../../../orchestrator/actions/request-approval.ts';
import { parsedEvent } from '../../support/events.ts';
import { root, temporaryFolder } from '../../support/local-app.ts';

/**
 * As much of `aws lambda invoke` as both of its versions have: a payload that is no file is base64 to one and text to the
 * other, and other options are unknown to one of them.
 */
const AWS = `#!${process.execPath}
const { readFileSync, writeFileSync } = require('node:fs');
const fail = (why) => { console.error(why); process.exit(252); };
const [service, operation, ...rest] = process.argv.slice(2);
if (service !== 'lambda' || operation !== 'invoke') fail('no lambda invoke');
const options = {};
while (rest.length > 1) {
  const [name, value] = rest.splice(0, 2);
  if (!['--function-name', '--payload', '--region', '--endpoint-url'].includes(name)) fail('Unknown options: ' + name);
  options[name] = value;
}
if (rest.length !== 1) fail('the outfile is missing');
if (!options['--payload']?.startsWith('fileb://')) fail('the versions read this payload differently');
const { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret } = process.env;
if (options['--endpoint-url'] && !(key && secret)) fail('Unable to locate credentials');
if (options['--endpoint-url'] && !options['--region']) fail('You must specify a region');
writeFileSync(rest[0], readFileSync(options['--payload'].slice('fileb://'.length)));
`;

const folder = temporaryFolder();
beforeAll(() => {
  writeFileSync(join(folder.path, 'aws'), AWS);
  chmodSync(join(folder.path, 'aws'), 0o755);
});
afterAll(() => folder.remove());

/** The payload that a command sends. */
function payloadOf(command: string): unknown {
  const env = { PATH: `${folder.path}:${process.env['PATH']}` };
  // Node's own pipes are sockets, which can't be opened as /dev/stdout.
  const script = `set -o pipefail\n{ ${command}\n} | cat`;
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** Each `aws lambda invoke` of a text, with the lines that go on. */
const commandsOf = (text: string) =>
  [...text.replaceAll('\\\n', ' ').matchAll(/^ *(aws lambda invoke .+)$/gm)].map(([, command]) => command!);

const documented = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => commandsOf(readFileSync(join(root, name), 'utf8')).map((command) => [name, command]));

test('README and docs say how to invoke by hand', () => {
  expect(documented.map(([name]) => name)).toEqual(
    expect.arrayContaining(['README.md', 'docs/invoke.md', 'docs/deploy.md']),
  );
});

test.each(documented)('what %s says works with versions 1 and 2 of the AWS CLI: %s', (_, command) => {
  expect(() => parsedEvent(payloadOf(command))).not.toThrow();
});

test('what the local run prints works with both, without a configuration of the CLI', () => {
  const payload = '{"idempotencyKey":"my-key"}';
  expect(payloadOf(invokeCommand('http://127.0.0.1:1', 'f', payload))).toEqual(JSON.parse(payload));
});

test('what asks for an approval works with both', () => {
  const run = '0123456789abcdef01234567';
  const order = { symbol: 'AMZN', recommendation: 'buy', price: '1.00', qty: '1' } as const;
  const { text } = requestOf({ run, ...order, timeoutMinutes: 5 }, 'orchestrator');
  const events = commandsOf(text).map((command) => parsedEvent(payloadOf(command)));
  expect(events).toEqual([
    { command: 'approve', id: run },
    { command: 'reject', id: run },
  ]);
});
