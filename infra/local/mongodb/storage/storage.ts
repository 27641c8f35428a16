import { ServerError, StoreError } from '../errors.ts';
import { closeFolder, explain, openFolder, type Folder } from './folder.ts';

interface Job {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * The only writer. Jobs that arrive while a transaction is synced to the disk share the next transaction, and so
 * one sync; `write` resolves after that sync. lmdb syncs in its own thread, while this one reads the next messages.
 */
export class Storage {
  readonly folder: Folder;
  /** Called when a transaction is rolled back: what memory holds of it is wrong. */
  onUndone: () => void = () => undefined;
  private queue: Job[] = [];
  private flushing: Promise<void> | undefined;
  private committing: Promise<unknown> | undefined;
  private closed = false;

  constructor(dataDir: string) {
    this.folder = openFolder(dataDir);
  }

  /**
   * Runs `job` alone and makes its puts durable. A `ServerError` must be thrown before the first put that it
   * concerns, because earlier effects of the job are kept; any other error rolls back the whole job.
   */
  write<T>(job: () => T): Promise<T> {
    if (this.closed) return Promise.reject(new ServerError('InterruptedAtShutdown', 'The store is closing'));
    return new Promise<T>((resolve, reject) => {
      this.queue.push({ run: job, resolve: resolve as (value: unknown) => void, reject });
      this.flushing ??= this.flush();
    });
  }

  /** Resolves when the current write is durable: a command that comes after a write must see it. */
  settled(): Promise<unknown> | undefined {
    return this.committing;
  }

  private async flush(): Promise<void> {
    while (this.queue.length > 0) {
      const jobs = this.queue;
      this.queue = [];
      this.committing = this.commit(jobs);
      if (await this.committing) continue;
      // One job failed the shared transaction: each gets its own now, so that only that job fails.
      for (const job of jobs) await this.commit([job], job.reject);
    }
    this.flushing = this.committing = undefined;
  }

  private async commit(jobs: Job[], onFailure?: (error: unknown) => void): Promise<boolean> {
    const settle: (() => void)[] = [];
    try {
      await this.folder.root.childTransaction(() => {
        for (const job of jobs) {
          try {
            const value = job.run();
            settle.push(() => job.resolve(value));
          } catch (error) {
            if (!(error instanceof ServerError)) throw error;
            settle.push(() => job.reject(error));
          }
        }
      });
    } catch (error) {
      this.onUndone();
      onFailure?.(this.asServerError(error));
      return false;
    }
    // lmdb keeps a read snapshot over several reads of one turn; a client that gets the reply must see the write.
    this.folder.root.resetReadTxn();
    for (const done of settle) done();
    return true;
  }

  private asServerError(error: unknown): ServerError {
    const explained = explain(error, this.folder.path);
    if (explained instanceof StoreError) return new ServerError('OutOfDiskSpace', explained.message);
    return new ServerError(
      'InternalError',
      explained instanceof Error ? explained.message : String(explained),
    );
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.flushing;
    await closeFolder(this.folder);
  }
}
