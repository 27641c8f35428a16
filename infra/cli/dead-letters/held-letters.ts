import type { Deployment } from '../deployment.ts';
import { toLetter, type Letter } from './letter.ts';
import { LetterQueue, type HeldMessage } from './queue.ts';

/** The queues of a deployment, and the settings of its orchestrator that matter for dead letters. */
export interface Queues {
  queues: LetterQueue[];
  timeoutSeconds: number;
  maxTickAgeMinutes: number | undefined;
}

/** A dead letter that is hidden from others. */
export interface HeldLetter extends Letter {
  queue: LetterQueue;
  message: HeldMessage;
  /** Of a tick. */
  ageMinutes: number | undefined;
  /** Whether the orchestrator would skip it. */
  isTooLate: boolean;
}

export async function queuesOf(deployment: Deployment): Promise<Queues> {
  const { arn, environment, timeoutSeconds } = await deployment.functionNamed();
  const schedules = await deployment.schedulesOf(arn);
  const arns = [await deployment.failureDestination(), ...schedules.map((each) => each.deadLetterQueueArn)];
  const distinct = [...new Set(arns.filter((each) => each !== undefined))];
  const limit = Number(environment['MAX_TICK_AGE_MINUTES'] ?? NaN);
  return {
    queues: await Promise.all(distinct.map((each) => LetterQueue.open(deployment.sqs, each))),
    timeoutSeconds,
    maxTickAgeMinutes: Number.isFinite(limit) ? limit : undefined,
  };
}

/** The letters of all queues: ticks in the order of their scheduled time, others in the order in which they came. */
export async function receiveAll({ queues, maxTickAgeMinutes }: Queues): Promise<HeldLetter[]> {
  const letters: HeldLetter[] = [];
  for (const queue of queues) {
    for (const message of await queue.receive()) {
      const letter = toLetter(message);
      const ageMinutes = letter.tick === undefined ? undefined : minutesSince(letter.tick);
      const isTooLate = ageMinutes !== undefined && ageMinutes >= (maxTickAgeMinutes ?? Infinity);
      letters.push({ ...letter, queue, message, ageMinutes, isTooLate });
    }
  }
  return letters.sort((a, b) => ((a.tick ?? a.sentAt) < (b.tick ?? b.sentAt) ? -1 : 1));
}

export async function release(letters: HeldLetter[]): Promise<void> {
  for (const queue of new Set(letters.map((letter) => letter.queue))) {
    await queue.release(letters.filter((letter) => letter.queue === queue).map(({ message }) => message));
  }
}

export const minutesSince = (time: string) => Math.floor((Date.now() - Date.parse(time)) / 60_000);

export const ages = (age: number | undefined, limit: number | undefined) =>
  `${age} minutes, the limit is ${limit}`;
