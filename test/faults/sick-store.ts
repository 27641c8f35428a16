import { describeBoundary } from '../support/fault-boundary.ts';
import type { Delivery, Lane } from '../support/fault-lane.ts';
import { bounded, disturbAt, disturbRuns, type Point, type Proof } from '../support/fault-proof.ts';
import { STORE_FAULTS, type NamedFault } from '../support/fault-store.ts';

/** What passes at a time in an outage: longer than a driver looks for its server. */
const OUTAGE_SECONDS = 5;

type Disturbance = { point: Point; fault: NamedFault | 'outage' };

/** Lets each command of a run fail in each way in turn, and takes the whole store away from each one on. */
export const sickStore: Proof = async (options) => {
  const { points, done, findings } = await disturbRuns(
    (all, offset) => bounded(toDisturbances(all), 6, offset, options),
    (lane, { point, fault }) =>
      fault === 'outage' ? takeStoreAway(lane, point) : failAt(lane, point, fault),
  );
  const outages = done.filter(({ fault }) => fault === 'outage').length;
  const commands = points.filter(
    ({ boundary: { kind, phase } }) => kind === 'command' && phase === 'received',
  );
  const line = `${done.length - outages} faults at ${commands.length} commands, and ${outages} outages`;
  return { ...findings, count: done.length, line };
};

function toDisturbances(points: Point[]): Disturbance[] {
  return points
    .filter(({ boundary }) => boundary.kind === 'command')
    .flatMap((point) => [
      ...STORE_FAULTS.filter(({ phase }) => phase === point.boundary.phase).map((fault) => ({
        point,
        fault,
      })),
      { point, fault: 'outage' },
    ]);
}

async function failAt(lane: Lane, point: Point, fault: NamedFault): Promise<void> {
  const where = `${fault.name}, ${describeBoundary(point.boundary)}`;
  const { tick, delivery } = await disturbAt(lane, point, (boundary) => fault.verdict(lane, boundary));
  if (delivery.run?.state === 'ERROR')
    throw new Error(`${where}: the run ended with ${JSON.stringify(delivery.run)}`);
  if (delivery.error && !isClear(delivery.error)) throw unclear(where, delivery);
  if (delivery.run?.state !== 'SUCCESS') await recoverWell(lane, tick, where);
}

/** One clear error, and the next tick goes on. */
async function takeStoreAway(lane: Lane, point: Point): Promise<void> {
  const where = `outage from ${describeBoundary(point.boundary)} on`;
  const { storeProxy, clock } = lane.parts;
  const { tick, delivery } = await disturbAt(lane, point, () => {
    storeProxy.breakDown(() => clock.advance(OUTAGE_SECONDS));
    return 'lost';
  }).finally(() => storeProxy.recover());
  if (!delivery.error || !isClear(delivery.error)) throw unclear(where, delivery);
  await recoverWell(lane, tick, where);
}

/** An error of the store, and not a time limit that was reached, a crash, or a text with the secret in it. */
const isClear = ({ errorType, errorMessage }: NonNullable<Delivery['error']>) =>
  (/^Mongo/.test(errorType) || / store /.test(errorMessage)) && !errorMessage.includes('mongodb://');

const unclear = (where: string, delivery: Delivery) =>
  new Error(`${where}: expected a clear error of the store, but got ${JSON.stringify(delivery)}`);

async function recoverWell(lane: Lane, tick: string, where: string): Promise<void> {
  await lane.recoverWell(tick).catch((error: unknown) => {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  });
}
