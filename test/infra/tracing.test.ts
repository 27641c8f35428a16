import { createSocket } from 'node:dgram';
import type { Report } from '../../orchestrator/protocol/report.ts';
import { answerOf, startTestApp } from '../support/local-app.ts';

interface Subsegment {
  name: string;
  trace_id: string;
  namespace?: string;
  aws?: { operation?: string; function_name?: string };
}

const TRACE_ID = '1-65a0b1c2-0123456789abcdef01234567';
const ledger = ['OrbitsTrader-buy-stock', 'OrbitsTrader-sell-stock'];

test("the SDK's calls of orchestrator and ledger are subsegments of Lambda's own trace", async () => {
  // What the X-Ray daemon of a Lambda is: a socket that takes segments as JSON.
  const daemon = createSocket('udp4');
  const segments: Subsegment[] = [];
  daemon.on('message', (message) => segments.push(JSON.parse(String(message).split('\n')[1]!) as Subsegment));
  await new Promise<void>((resolve) => daemon.bind(0, '127.0.0.1', resolve));
  const lambda = {
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    LAMBDA_TASK_ROOT: '/var/task',
    _X_AMZN_TRACE_ID: `Root=${TRACE_ID};Parent=0123456789abcdef;Sampled=1`,
    AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon.address().port}`,
  };
  const traced = ['OrbitsTrader-orchestrator', ...ledger];
  const app = await startTestApp({ overrides: Object.fromEntries(traced.map((name) => [name, lambda])) });
  try {
    const { runs } = answerOf<Report>(await app.invoke(app.orchestrator, {}));
    expect(runs[0]!.state).toBe('SUCCESS');
    const trade = runs[0]!.steps[2]!.ref;
    await seen(() => segments.length >= 5);
    const calls = segments.map(({ name, aws }) =>
      `${name} ${aws?.operation} ${aws?.function_name ?? ''}`.trim(),
    );
    // What it trades is up to the market.
    const expected = [
      'Lambda Invoke OrbitsTrader-check-stock-price',
      'Lambda Invoke OrbitsTrader-generate-buy-sell-recommendation',
      `Lambda Invoke OrbitsTrader-${trade}`,
      'SecretsManager GetSecretValue',
      'SecretsManager GetSecretValue',
    ];
    expect(calls.sort()).toEqual(expected.sort());
    for (const segment of segments) expect(segment).toMatchObject({ trace_id: TRACE_ID, namespace: 'aws' });
  } finally {
    await app.close();
    daemon.close();
  }
});

/** Datagrams come on their own time. */
async function seen(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !condition(); round++) await new Promise((next) => setTimeout(next, 25));
}
