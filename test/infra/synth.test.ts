import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, temporaryFolder } from '../support/local-app.ts';

const noNetwork = fileURLToPath(new URL('../support/no-network.js', import.meta.url));

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** `npx cdk synth` of a user without account, credentials, region, configuration or network. */
function cdkSynth(...args: string[]): Promise<{ code: number; stderr: string }> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder.path,
    NODE_OPTIONS: `--import ${noNetwork}`,
    // The tools' own calls home, which are no part of a synth: for a newer npm, of how the CDK is used, and for news of it.
    NPM_CONFIG_UPDATE_NOTIFIER: 'false',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
  const output = join(folder.path, 'out');
  const command = ['--no-install', 'cdk', 'synth', '--quiet', '--no-notices', '--output', output, ...args];
  return new Promise((resolve) => {
    execFile('npx', command, { cwd: root, env }, (error, _stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stderr }),
    );
  });
}

describe('npx cdk synth', () => {
  test('needs no account, no credentials and no network', async () => {
    const { code, stderr } = await cdkSynth(
      ...['-c', 'symbol=MSFT', '-c', 'vpcId=vpc-0123456789abcdef0', '-c', 'alarmEmail=a@example.com'],
      ...['-c', 'subnetIds=subnet-0123456789abcdef0', '-c', 'securityGroupIds=sg-0123456789abcdef0'],
    );
    expect(stderr.match(/NETWORK .*/g)).toBeNull();
    expect(code).toBe(0);
    const template = readFileSync(join(folder.path, 'out', 'OrbitsTrader.template.json'), 'utf8');
    expect(template).toContain('"SYMBOLS": "MSFT"');
  });

  test('stops at a wrong value, with one line that names the key, what it got and what it takes', async () => {
    const { code, stderr } = await cdkSynth('-c', 'historyDays=soon');
    expect(code).toBe(1);
    const lines = stderr.split('\n').filter((line) => line.includes('historyDays'));
    expect(lines).toEqual([
      'Wrong configuration: historyDays is "soon", expected a whole number of days from 1 to 3650. Set it in cdk.json or with -c key=value.',
    ]);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
