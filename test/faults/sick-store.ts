import type { Boundary, Fault } from '../support/fault-boundary.ts';
import { describeBoundary } from '../support/fault-boundary.ts';
import { TIMEOUT_SECONDS, type Lane } from '../support/fault-lane.ts';
import { disturbAt, disturbRuns, type Point, type Proof } from '../support/fault-proof.ts';
import { errorReply } from '../support/fault-store-errors.ts';

interface Sickness {
  name: string;
  phases: Boundary['phase'][];
  fault: (lane: Lane) => Fault;
}

/** What passes, in an outage, with each try to connect. */
const OUTAGE_SECONDS = 5;

const both: Boundary['phase'][] = ['received', 'answered'];

/** The store's sicknesses, each before a command is carried out, or after it, when its answer is what is lost. */
const SICKNESSES: Sickness[] = [
  { name: 'connection closed', phases: both, fault: () => () => 'lost' },
  {
    name: 'delayed past the time-out',
    phases: both,
    fault: (lane) => () => {
      lane.parts.clock.advance(TIMEOUT_SECONDS);
      return 'swallowed';
    },
  },
  { name: 'NotWritablePrimary', phases: both, fault: () => errorReply(10107, 'NotWritablePrimary') },
  { name: 'InterruptedAtShutdown', phases: both, fault: () => errorReply(11600, 'InterruptedAtShutdown') },
  { name: 'DuplicateKey', phases: ['received'], fault: () => errorReply(11000, 'DuplicateKey') },
  { name: 'WriteConflict', phases: ['received'], fault: () => errorReply(112, 'WriteConflict') },
];

type Disturbance = { point: Point; sickness: Sickness | 'outage' };

/** Gives each command of a run each of the sicknesses in turn, and takes the whole store away from each one on. */
export const sickStore: Proof = async () => {
  const { points, done, ...findings } = await disturbRuns(toDisturbances, (lane, { point, sickness }) =>
    sickness === 'outage' ? takeStoreAway(lane, point) : fallIll(lane, point, sickness),
  );
  const outages = done.filter(({ sickness }) => sickness === 'outage').length;
  const commands = points.filter(({ boundary }) => boundary.kind === 'command' && boundary.phase === 'received');
  const line = `${done.length - outages} faults at ${commands.length} commands, and ${outages} outages`;
  return { ...findings, count: done.length, line };
};

function toDisturbances(points: Point[]): Disturbance[] {
  return points
    .filter(({ boundary }) => boundary.kind === 'command')
    .flatMap((point): Disturbance[] => [
      ...SICKNESSES.filter(({ phases }) => phases.includes(point.boundary.phase)).map((sickness) => ({
        point,
        sickness,
      })),
      { point, sickness: 'outage' },
    ]);
}

async function fallIll(lane: Lane, point: Point, sickness: Sickness): Promise<void> {
  const where = `${sickness.name}, ${describeBoundary(point.boundary)}`;
  const { tick, delivery } = await disturbAt(lane, point, sickness.fault(lane));
  if (delivery.run?.state === 'ERROR') throw new Error(`${where}: the run ended with ${JSON.stringify(delivery.run)}`);
  if (delivery.run?.state !== 'SUCCESS') await recoverWell(lane, tick, where);
}

/** One clear error, and the next tick goes on. */
async function takeStoreAway(lane: Lane, point: Point): Promise<void> {
  const where = `outage from ${describeBoundary(point.boundary)} on`;
  const { storeProxy, clock } = lane.parts;
  const { tick, delivery } = await disturbAt(lane, point, () => {
    // Whoever finds the store away waits before the next try.
    storeProxy.breakDown(() => clock.advance(OUTAGE_SECONDS));
    return 'lost';
  }).finally(() => storeProxy.recover());
  if (!delivery.error) throw new Error(`${where}: no error, but ${JSON.stringify(delivery.run)}`);
  if (!isClear(delivery.error)) throw new Error(`${where}: no clear error: ${JSON.stringify(delivery.error)}`);
  await recoverWell(lane, tick, where);
}

const isClear = ({ errorType, errorMessage }: { errorType: string; errorMessage: string }) =>
  /^Mongo/.test(errorType) && errorMessage.length > 0 && !errorMessage.includes('mongodb://');

async function recoverWell(lane: Lane, tick: string, where: string): Promise<void> {
  await lane.recoverWell(tick).catch((error: unknown) => {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  });
}
