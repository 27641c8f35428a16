import { ownError } from './fault-functions.ts';
import type { Boundary, Fault } from './fault-boundary.ts';
import type { Scene } from './fault-scene.ts';

/** Something that happens in a scene. Most of it is an event about the run of the scene's tick. */
export type Step = (scene: Scene) => Promise<void> | void;

export const newTick: Step = (scene) => scene.newTick();

export const deliver: Step = (scene) => scene.send({ command: 'tick', scheduledTime: scene.tick });

export const deliverLate: Step = (scene) =>
  scene.send({ command: 'tick', scheduledTime: scene.tick, late: true });

export const approve: Step = (scene) => scene.send({ command: 'approve', id: scene.run });
export const reject: Step = (scene) => scene.send({ command: 'reject', id: scene.run });
export const cancel: Step = (scene) => scene.send({ command: 'cancel', id: scene.run });
export const retry: Step = (scene) => scene.send({ command: 'retry', id: scene.run });
export const resume: Step = (scene) => scene.send({ command: 'resume', id: scene.run });

/** What every tick does about the runs of earlier ones. */
export const resumeDue: Step = (scene) => scene.send({ command: 'resume' });

/** The step happens about the run of the scene's first tick. */
export const ofFirst =
  (step: Step): Step =>
  async (scene) => {
    const { tick } = scene;
    scene.tick = scene.ticks[0]!;
    await step(scene);
    scene.tick = tick;
  };

export const pass =
  (minutes: number): Step =>
  ({ lane }) =>
    lane.parts.clock.advance(minutes * 60);

/** As if another version of the workflow had started the run. */
export const setVersion =
  (version: number): Step =>
  ({ lane, tick }) =>
    lane.audit.tamper(tick, { 'bag.version': version });

/** As if the orchestrator had crashed so often in a row while it advanced the run. */
export const setCrashes =
  (crashes: number): Step =>
  ({ lane, tick }) =>
    lane.audit.tamper(tick, { 'bag.claims': crashes });

/** The tick is delivered, and its order refused: before it is placed, or after that. */
export const deliverRefused = (phase: Boundary['phase']): Step =>
  deliverWith(({ lane }) => {
    return ({ kind, name, phase: at }) =>
      kind === 'invocation' && name === lane.tradeFunction && at === phase ? ownError() : undefined;
  });

/** The tick is delivered, and the orchestrator killed before it trades: the run is open, and held for a while. */
export const deliverAndDie: Step = async (scene) => {
  const { lane } = scene;
  const isPrice = ({ kind, name, phase }: Boundary) =>
    kind === 'invocation' && name.endsWith('check-stock-price') && phase === 'answered';
  await deliverWith(() => (boundary) => (isPrice(boundary) ? lane.kill(boundary) : undefined))(scene);
  // What is disturbed next is not a cold start.
  await scene.send({ command: 'list', limit: 1 });
};

const deliverWith =
  (toFault: (scene: Scene) => Fault): Step =>
  async (scene) => {
    scene.lane.fault = toFault(scene);
    await deliver(scene);
    await scene.lane.calmDown();
  };

/** Throws if the last answer was another one. */
export const answers =
  (text: string): Step =>
  (scene) => {
    if (scene.answer !== text) throw new Error(`"${text}" expected, and not the answer "${scene.answer}"`);
  };
