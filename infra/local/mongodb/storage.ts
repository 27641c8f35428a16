import { ServerError, StoreError } from './errors.ts';
import { closeFolder, explain, openFolder } from './folder.ts';
import type { Folder } from './folder.ts';

interface Job {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * The one writer. Jobs that arrive together share one lmdb transaction, and so one sync to the disk; `write`
 * resolves after that sync, never before.
 */
export class Storage {
  readonly folder: Folder;
  /** Called when a transaction was undone: whatever was kept in memory about it is wrong. */
  onUndone: () => void = () => undefined;
  private queue: Job[] = [];
  private scheduled = false;
  private closed = false;

  constructor(dataDir: string) {
    this.folder = openFolder(dataDir);
  }

  /**
   * Runs `job` alone and makes its puts durable. A `ServerError` must be thrown before the first put that it is
   * about, since earlier effects of the job are kept; any other error undoes the whole job.
   */
  write<T>(job: () => T): Promise<T> {
    if (this.closed) return Promise.reject(new ServerError('InterruptedAtShutdown', 'The store is closing'));
    return new Promise<T>((resolve, reject) => {
      this.queue.push({ run: job, resolve: resolve as (value: unknown) => void, reject });
      if (this.scheduled) return;
      this.scheduled = true;
      setImmediate(() => this.flush());
    });
  }

  private flush(): void {
    this.scheduled = false;
    const jobs = this.queue;
    this.queue = [];
    if (this.commit(jobs)) return;
    // One of them broke the shared transaction: each gets its own, so that only that one fails.
    for (const job of jobs) this.commit([job], job.reject);
  }

  private commit(jobs: Job[], onFailure?: (error: unknown) => void): boolean {
    const settle: (() => void)[] = [];
    try {
      this.folder.root.transactionSync(() => {
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
    this.flush();
    this.closed = true;
    await closeFolder(this.folder);
  }
}
