// The local run, which hangs for ever at one point of a run so that a test can kill it there.
// Arguments: data folder, key, function name, 'received' or 'answered'.
import { startTestApp } from './local-app.ts';

const [dataDir, key, functionName, phase] = process.argv.slice(2) as [string, string, string, string];
const app = await startTestApp({
  dataDir,
  // Which branch is taken follows from the threshold: the price lies between.
  overrides: {
    'OrbitsTrader-generate-buy-sell-recommendation': {
      SELL_ABOVE: process.env['TEST_SELL_ABOVE'] ?? '100.00',
    },
  },
  onInvocation: (event) => {
    if (event.functionName !== functionName || event.phase !== phase) return;
    console.log('stuck');
    return new Promise(() => undefined);
  },
});
await app.invoke(app.orchestrator, { idempotencyKey: key });
