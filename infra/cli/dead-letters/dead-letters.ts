import { UsageError } from '../../local/options.ts';
import type { Context, Done } from '../command.ts';
import { Deployment } from '../deployment.ts';
import { columns } from '../table.ts';
import { fit, printable } from '../../local/text.ts';
import { withoutUris } from '../without-uris.ts';
import { ages, queuesOf, receiveAll, release, type HeldLetter, type Queues } from './held-letters.ts';
import { longestSend, redrive, remove, type Outcome } from './redrive.ts';

interface Options {
  /** Ids of letters, or `all`. */
  redrive?: string[];
  delete?: string[];
  late?: boolean;
}

/**
 * `npm run trader -- dead-letters`: lists what is in the queues, sends letters again, or deletes them.
 *
 * A letter is deleted after it was sent and answered. If the process dies between the two, the letter is visible again
 * later. To send it again then gives the same runs, because its key is the same.
 */
export async function runDeadLetters(
  { redrive: toRedrive = [], delete: toDelete = [], late = false }: Options,
  { where: { functionName }, json, open }: Context,
): Promise<Done> {
  if (toRedrive.length > 0 && toDelete.length > 0) {
    throw new UsageError('--redrive sends letters again and --delete deletes them; give one of them.');
  }
  if (late && toRedrive.length === 0) {
    throw new UsageError(
      '--late is for letters that are sent again; also give --redrive ID or --redrive all.',
    );
  }
  if (!functionName) {
    throw new UsageError(
      'Only a deployment has dead letters: give --function NAME. The local run shows failures at once.',
    );
  }
  const deployment = new Deployment(functionName);
  let queues: Queues['queues'] = [];
  try {
    const found = await queuesOf(deployment);
    ({ queues } = found);
    const letters = await receiveAll(found);
    const names = [...toRedrive, ...toDelete];
    const chosen = letters.filter(({ id }) => names.includes('all') || names.includes(id));
    // Others can use what is not asked for, before the work begins.
    await release(letters.filter((letter) => !chosen.includes(letter)));
    if (names.length === 0) return { output: list(letters, found, json) };
    const missing = names.filter((name) => name !== 'all' && !letters.some(({ id }) => id === name));
    const outcomes: Outcome[] = missing.map((id) => ({
      id,
      done: 'left',
      detail: 'there is no such letter',
    }));
    for (const letter of chosen) {
      for (const queue of queues) await queue.holdOthers(letter.message, longestSend(found.timeoutSeconds));
      const isNamed = names.includes(letter.id);
      outcomes.push(
        toDelete.length > 0 ? await remove(letter) : await redrive(letter, { ...found, late, isNamed, open }),
      );
    }
    return summary(outcomes, json);
  } finally {
    for (const queue of queues) await queue.release();
    deployment.close();
  }
}

function list(letters: HeldLetter[], { queues, maxTickAgeMinutes }: Queues, json: boolean): string {
  if (json) {
    return `${JSON.stringify(
      letters.map(({ queue, message: _, ...letter }) => ({ ...letter, queue: queue.name })),
      (_, value: unknown) => (typeof value === 'string' ? withoutUris(value) : value),
    )}\n`;
  }
  if (letters.length === 0)
    return `no dead letters in ${queues.map(({ name }) => name).join(', ') || 'no queue'}\n`;
  const rows = letters.map((letter) => [
    letter.id,
    fit(withoutUris(letter.what), 40),
    letter.sentAt.replace(/\.\d+Z$/, 'Z'),
    [
      letter.isTooLate && `too old: ${ages(letter.ageMinutes, maxTickAgeMinutes)}`,
      letter.note,
      fit(letter.why, 160),
    ]
      .filter(Boolean)
      .join('; '),
  ]);
  const lines = columns(['ID', 'WHAT', 'CAME', 'WHY'], rows);
  return [
    ...lines,
    'To send again: --redrive ID or all, with --late if too old. To delete: --delete ID or all.',
    '',
  ].join('\n');
}

function summary(outcomes: Outcome[], json: boolean): Done {
  const lines = outcomes.map(({ id, done, detail }) => printable(`${id}  ${done.padEnd(8)}  ${detail}`));
  const output = json
    ? `${JSON.stringify(outcomes)}\n`
    : `${(lines.length > 0 ? lines : ['no dead letters']).join('\n')}\n`;
  const left = outcomes.filter(({ done }) => done === 'left').length;
  const seen = outcomes.filter(({ isToSee }) => isToSee).length;
  const problems = [
    ...(left > 0 ? [`${left} of ${outcomes.length} letters are left, see above.`] : []),
    ...(seen > 0
      ? [`Runs of ${seen} letters failed or were skipped: npm run trader -- list --tick TIME`]
      : []),
  ];
  return { output, problem: problems.length > 0 ? problems.join(' ') : undefined };
}
