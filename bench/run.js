// Installs the bench's own packages where they are absent, then runs it: nothing of it belongs to the product.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const run = (command, args, options) => {
  const { status } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (status !== 0) process.exit(status ?? 1);
};

if (!existsSync(`${here}node_modules`)) {
  // The output of npm goes to stderr, because stdout may be one JSON object. `npm run` passes on the
  // strict Node version of the project; here, one contestant asks for a newer Node than it needs.
  run('npm', ['ci', '--prefix', here, '--no-fund', '--no-audit', '--engine-strict=false'], {
    stdio: ['ignore', 2, 2],
  });
}
run(process.execPath, ['--import', 'tsx', `${here}main.ts`, ...process.argv.slice(2)]);
