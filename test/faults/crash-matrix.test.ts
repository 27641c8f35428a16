import {
  expectedTrade,
  startFaultApp,
  timesThat,
  type Boundary,
  type FaultApp,
} from '../support/fault-app.ts';

let faults: FaultApp;
beforeAll(async () => {
  faults = await startFaultApp();
});
afterAll(() => faults.close());

/** The boundaries of an undisturbed run, in their order. */
async function boundariesOf(scheduledTime: string): Promise<Boundary[]> {
  const boundaries: Boundary[] = [];
  faults.setFault((boundary) => void boundaries.push(boundary));
  const run = await faults.tick(scheduledTime);
  if (run?.state !== 'SUCCESS')
    throw new Error(`undisturbed run failed: ${JSON.stringify([run, faults.lastError()])}`);
  faults.setFault(() => undefined);
  return boundaries;
}

/** Delivers a tick and lets something happen at its n-th boundary. */
async function disturb(scheduledTime: string, n: number, what: (boundary: Boundary) => void): Promise<void> {
  let passed = 0;
  let happened = false;
  faults.setFault((boundary) => {
    if (passed++ !== n) return;
    happened = true;
    what(boundary);
  });
  await faults.tick(scheduledTime);
  faults.setFault(() => undefined);
  expect(happened).toBe(true);
  faults.passLeases();
}

/** Two further deliveries at the most have to end the run as if nothing had happened. */
async function expectRecovery(scheduledTime: string, type: 'buy' | 'sell'): Promise<void> {
  const first = await faults.tick(scheduledTime);
  const run = first?.state === 'SUCCESS' ? first : await faults.tick(scheduledTime);
  expect(run).toMatchObject({ state: 'SUCCESS', result: expectedTrade(scheduledTime, type) });
}

const killOrchestrator = ({ isOwnCommand, phase }: Boundary) => {
  for (const pid of faults.orchestratorPids()) process.kill(pid, 'SIGKILL');
  if (isOwnCommand && phase === 'received') throw new Error('lost on its way, for its sender is dead');
};
/** The store's connection ends; an invocation is answered with Lambda's own fault, before or after the work was done. */
const breakConnection = () => {
  throw new Error('the connection broke');
};

describe.each(['buy', 'sell'] as const)('a run that ends in a %s', (type) => {
  const times = timesThat(type);
  const nextTime = () => times.next().value as string;

  test.each([
    ['an orchestrator that is killed', killOrchestrator],
    ['a connection that breaks', breakConnection],
  ])('survives %s at each of its boundaries', async (what, fault) => {
    const before = {
      trades: await faults.trades.countDocuments(),
      runs: await faults.actions.countDocuments(runs),
    };
    // Warm, so that each boundary is one of the run and none of the connecting.
    await faults.tick(nextTime());
    const boundaries = await boundariesOf(nextTime());
    for (const n of boundaries.keys()) {
      const scheduledTime = nextTime();
      await faults.tick(`${scheduledTime.slice(0, -1)}.500Z`);
      await disturb(scheduledTime, n, fault);
      await expectRecovery(scheduledTime, type);
    }
    const points = boundaries.length;
    console.log(`${what}: ${points} boundaries of a run that ends in a ${type}, 0 trades lost, 0 doubled`);
    expect(await faults.trades.countDocuments()).toBe(before.trades + 2 + 2 * points);
    expect(await faults.actions.countDocuments(runs)).toBe(before.runs + 2 + 2 * points);
    expect(points).toBe(20);
  });
});

const runs = { actionRef: 'trading' };
