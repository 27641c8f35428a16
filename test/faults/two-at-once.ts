import type { Lane } from '../support/fault-lane.ts';
import { withLanes, type Proof } from '../support/fault-proof.ts';
import { seededRandom, shuffled } from '../support/fault-random.ts';

const PROCESSES = 8;
const TICKS = { bounded: 15, full: 100 };
/** Of each process's ticks, the part that comes a second time. */
const TWICE = 0.2;
/** As often as Lambda delivers an event that failed. */
const ATTEMPTS = 3;

/** Several orchestrator processes receive the same ticks at once, each in an order of its own, and some of them twice. */
export const twoAtOnce: Proof = async ({ full, seed }) => {
  let deliveries = 0;
  let processes = 0;
  let ticks: string[] = [];
  const findings = await withLanes({ branch: 'buy' }, 1, async ([lane]) => {
    ticks = Array.from({ length: full ? TICKS.full : TICKS.bounded }, () => lane!.nextTick());
    const receivers = Array.from({ length: PROCESSES }, async (_, receiver) => {
      const random = seededRandom(seed + receiver);
      const twice = shuffled(ticks, random).slice(0, TWICE * ticks.length);
      for (const tick of shuffled([...ticks, ...twice], random)) {
        await deliver(lane!, tick);
        deliveries++;
      }
    });
    await Promise.all(receivers);
    processes = lane!.orchestratorPids.length;
    if (processes !== PROCESSES)
      lane!.audit.problems.push(`${processes} processes took the ticks, expected ${PROCESSES}`);
  });
  const count = deliveries - ticks.length;
  const line = `${ticks.length} ticks delivered ${deliveries} times to ${processes} processes at once`;
  return { ...findings, count, line };
};

async function deliver(lane: Lane, tick: string): Promise<void> {
  const errors: unknown[] = [];
  while (errors.length < ATTEMPTS) {
    const { error } = await lane.deliver(tick);
    if (!error) return;
    errors.push(error);
  }
  lane.audit.problems.push(`tick ${tick} failed ${ATTEMPTS} times: ${JSON.stringify(errors)}`);
}
