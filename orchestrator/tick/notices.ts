import type { Notice, Notifier } from '../actions/notifier.ts';
import type { Run } from '../durable/run.ts';
import type { RunObserver } from '../durable/run-observer.ts';

/**
 * Sends a message about each run that ended, if its workflow has something to say.
 *
 * A message is sent at most once, after the end of its run is on record: if the process crashes in between, there is no
 * message. The record is what counts, and the alarm on failed runs does not depend on messages.
 */
export class Notices implements Partial<RunObserver> {
  readonly #notifier: Notifier;
  readonly #noticeOf: (run: Run) => Notice | undefined;
  readonly #onFailure: (about: string, error: unknown) => void;
  #pending: Promise<void>[] = [];

  constructor(
    notifier: Notifier,
    noticeOf: (run: Run) => Notice | undefined,
    onFailure: (about: string, error: unknown) => void,
  ) {
    this.#notifier = notifier;
    this.#noticeOf = noticeOf;
    this.#onFailure = onFailure;
  }

  runEnded(run: Run): void {
    const notice = this.#noticeOf(run);
    if (notice) this.send(notice, run.id);
  }

  /** @param about the run or the tick that the message is about */
  send(notice: Notice, about: string): void {
    const sent = this.#notifier.publish(notice);
    this.#pending.push(sent.catch((error: unknown) => this.#onFailure(about, error)));
  }

  /** Waits for the messages on their way: a Lambda that has answered is frozen. */
  async sent(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    await Promise.all(pending);
  }
}
