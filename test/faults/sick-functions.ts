import { describeBoundary, type Fault } from '../support/fault-boundary.ts';
import { FUNCTION_FAULTS, type FunctionFault } from '../support/fault-functions.ts';
import { isOwnCommand, type Lane } from '../support/fault-lane.ts';
import { bounded, disturbRuns, type Point, type Proof } from '../support/fault-proof.ts';

/** Longer than any wait between two attempts. */
const RETRY_SECONDS = 16 * 60;
/** More than all attempts together can need. */
const MOST_DELIVERIES = 40;

interface Disturbance {
  point: Point;
  fault: FunctionFault;
  /** At every attempt, and not at the first one alone. */
  isLasting: boolean;
}

/** Lets each invocation of a run fail in each way in turn: once, and at every attempt. */
export const sickFunctions: Proof = async (options) => {
  const { points, done, findings } = await disturbRuns(
    (all, offset) => bounded(toDisturbances(all), 8, offset, options),
    failAt,
  );
  const lasting = done.filter(({ isLasting }) => isLasting).length;
  const invocations = points.filter((point) => isConcerned(point, FUNCTION_FAULTS[0]!)).length;
  const line = `${done.length - lasting} passing and ${lasting} lasting faults at ${invocations} invocations`;
  return { ...findings, count: done.length, line };
};

function toDisturbances(points: Point[]): Disturbance[] {
  return FUNCTION_FAULTS.flatMap((fault) =>
    points
      .filter((point) => isConcerned(point, fault))
      .flatMap((point) => [false, true].map((isLasting) => ({ point, fault, isLasting }))),
  );
}

const isConcerned = ({ boundary, when }: Point, { kind, phase }: FunctionFault) =>
  when === 'always' && boundary.kind === kind && boundary.phase === phase && !isOwnCommand(boundary);

/** In the end there is one trade, or a failed run that says why. */
async function failAt(lane: Lane, { point: { boundary }, fault, isLasting }: Disturbance): Promise<void> {
  const tick = lane.nextTick();
  // The next attempt finds what was decided, or the trade, and does not come by here again.
  const isFound = /^(update|findAndModify)$/.test(boundary.name) && fault.phase === 'answered';
  const fails = fault.isFinal || (isLasting && !isFound);
  const mayHaveTraded = fault.phase === 'answered' && /-(buy|sell)-stock$/.test(boundary.name);
  if (fails) lane.audit.expect(tick, mayHaveTraded ? 'trade and error' : 'refusal');

  let times = 0;
  const happen: Fault = (at) => {
    if (describeBoundary(at) !== describeBoundary(boundary) || isOwnCommand(at)) return undefined;
    return isLasting || times === 0 ? (times++, fault.verdict(lane, at)) : undefined;
  };
  lane.fault = happen;
  const { run: first } = await lane.deliver(tick);
  const run =
    first?.state === 'SUCCESS' || first?.state === 'ERROR'
      ? first
      : await lane.recover(tick, MOST_DELIVERIES, RETRY_SECONDS);
  await lane.calmDown();

  const where = `${fault.name}${isLasting ? ' at each attempt' : ''}, ${describeBoundary(boundary)}`;
  const attempts = times + (fails ? 0 : 1);
  const step = run.steps.find((each) => each.attempts === attempts);
  const says = fails ? run.error?.message.length : run.state === 'SUCCESS';
  if (times === 0 || !says || !step)
    throw new Error(`${where}: ${times} times, then ${attempts} attempts expected of ${JSON.stringify(run)}`);
}
