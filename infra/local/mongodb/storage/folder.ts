import { open, type Database, type RootDatabase } from 'lmdb';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { FolderHeldError, StoreError } from '../errors.ts';
import { fileProblem } from '../file-problem.ts';

export type Table = Database<Buffer, Buffer>;

/** The open lmdb environment of one data folder. */
export interface Folder {
  path: string;
  root: RootDatabase<Buffer, Buffer>;
  docs: Table;
  index: Table;
  catalog: Table;
  meta: Table;
  sessions: Table;
}

const FORMAT = '1';
const HOLDER = Buffer.from('holder');
const VERSION = Buffer.from('format');
const TABLE = { encoding: 'binary', keyEncoding: 'binary' } as const;

// lmdb's locks are per process: a second store in this process must be detected here.
const heldHere = new Set<string>();

/**
 * Opens the folder for this process only. Throws `StoreError`.
 *
 * The holder is decided inside an lmdb write transaction, of which there is one at a time over all processes:
 * the recorded holder counts only while lmdb's reader table lists its pid, and lmdb clears from there every
 * process whose file lock the operating system has released. So a killed holder is removed at once, and another
 * program that gets its pid is never mistaken for a holder.
 */
export function openFolder(dataDir: string): Folder {
  const path = makeFolder(dataDir);
  if (heldHere.has(path)) throw new FolderHeldError(path, process.pid);
  checkDataFile(path);
  let folder: Folder;
  try {
    folder = openTables(path);
  } catch (error) {
    throw explain(error, path);
  }
  try {
    claim(folder);
  } catch (error) {
    void folder.root.close();
    throw explain(error, path);
  }
  heldHere.add(path);
  return folder;
}

export async function closeFolder(folder: Folder): Promise<void> {
  await folder.root.close();
  heldHere.delete(folder.path);
}

function makeFolder(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true });
    return realpathSync(dataDir);
  } catch (error) {
    const why = fileProblem(error) ?? String(error);
    throw new StoreError(`The data folder ${dataDir} can't be made: ${why}`, { cause: error });
  }
}

function openTables(path: string): Folder {
  // overlappingSync off: a commit returns only after lmdb has synced pages and meta page to the disk, which
  // acknowledgements depend on.
  // Without noSubdir, lmdb takes a path with a dot in it for a file.
  const root = open<Buffer, Buffer>({ path, noSubdir: false, overlappingSync: false, maxDbs: 8, ...TABLE });
  const table = (name: string): Table => root.openDB<Buffer, Buffer>({ name, ...TABLE });
  return {
    path,
    root,
    docs: table('docs'),
    index: table('index'),
    catalog: table('catalog'),
    meta: table('meta'),
    sessions: table('sessions'),
  };
}

function claim({ root, meta, path }: Folder): void {
  meta.get(HOLDER); // enters this process in lmdb's reader table
  root.transactionSync(() => {
    root.readerCheck();
    const holder = Number(meta.get(HOLDER)?.toString() ?? 0);
    const alive = livePids(root.readerList());
    if (holder !== 0 && holder !== process.pid && alive.has(holder)) throw new FolderHeldError(path, holder);
    const format = meta.get(VERSION)?.toString();
    if (format !== undefined && format !== FORMAT) {
      throw new StoreError(
        `The data folder ${path} has format ${format}, and this store reads format ${FORMAT}: use another folder`,
      );
    }
    void meta.put(VERSION, Buffer.from(FORMAT));
    void meta.put(HOLDER, Buffer.from(String(process.pid)));
  });
}

function livePids(readerList: string): Set<number> {
  return new Set(Array.from(readerList.matchAll(/^\s*(\d+)\s/gm), ([, pid]) => Number(pid)));
}

/** Reading a truncated data file ends the process with SIGBUS, so the size is checked before lmdb maps the file. */
function checkDataFile(path: string): void {
  const file = join(path, 'data.mdb');
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return;
  }
  try {
    const { size } = fstatSync(fd);
    if (size === 0) return;
    const meta = Buffer.alloc(0xa0);
    readSync(fd, meta, 0, meta.length, 0);
    const pageSize = meta.readUInt32LE(0x30);
    const lastPage = (at: number) => {
      const page = Buffer.alloc(0xa0);
      const whole = readSync(fd, page, 0, page.length, at) === page.length;
      return whole && page.readUInt32LE(0x18) === 0xbeefc0de ? Number(page.readBigUInt64LE(0x90)) : undefined;
    };
    const pages = [lastPage(0), lastPage(pageSize)];
    if (pages.includes(undefined) || (Math.max(...(pages as number[])) + 1) * pageSize > size)
      throw corrupt(path);
  } catch (error) {
    throw error instanceof StoreError ? error : corrupt(path, error);
  } finally {
    closeSync(fd);
  }
}

function corrupt(path: string, cause?: unknown): StoreError {
  return new StoreError(
    `The data in ${path} is corrupt or of another program: move the folder away and start with an empty one`,
    { cause },
  );
}

/** Replaces lmdb's messages, which name its internals, with ones that say what to do. */
export function explain(error: unknown, path: string): unknown {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (/No space left|ENOSPC|MDB_MAP_FULL|Disk quota|File too large/i.test(text)) {
    return new StoreError(`The disk that holds ${path} is full: free some space and start again`, {
      cause: error,
    });
  }
  if (/Permission denied|EACCES|Read-only|EROFS/i.test(text)) {
    return new StoreError(`The data folder ${path} can't be written: check its permissions`, {
      cause: error,
    });
  }
  if (
    /MDB_(INVALID|CORRUPTED|PAGE_NOTFOUND|VERSION_MISMATCH|BAD_)|Is a directory|Invalid argument/i.test(text)
  ) {
    return corrupt(path, error);
  }
  return error;
}
