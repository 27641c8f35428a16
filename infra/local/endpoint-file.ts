import { readFileSync, renameSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** Only on this machine: a file must not make a command call another host. */
const loopback = z.string().regex(/^http:\/\/127\.0\.0\.1:\d{1,5}$/);

/** Where a local run that is up can be reached. */
const endpointFile = z.object({ endpoint: loopback, orchestrator: z.string(), pid: z.int(), id: z.uuid() });
export type Endpoint = z.infer<typeof endpointFile>;

/** The header in which a local run says which one it is. */
export const ID_HEADER = 'x-local-run';
const ANSWER_MS = 2_000;

const pathOf = (dataDir: string) => join(dataDir, 'endpoint.json');

export function writeEndpoint(dataDir: string, endpoint: Endpoint): void {
  mkdirSync(dataDir, { recursive: true });
  const unfinished = `${pathOf(dataDir)}.unfinished`;
  writeFileSync(unfinished, `${JSON.stringify(endpoint)}\n`);
  renameSync(unfinished, pathOf(dataDir));
}

/** Removes the file of the run that has this id; with a MongoDB of the user's own, a later run may have written its own. */
export function removeEndpoint(dataDir: string, id: string): void {
  if (parse(dataDir)?.id === id) rmSync(pathOf(dataDir), { force: true });
}

/**
 * The local run that has this data folder; undefined if none is up. A file that a killed run left is ignored: its
 * process id and its port may be another program's, so the run itself is asked which one it is.
 */
export async function readEndpoint(dataDir: string): Promise<Endpoint | undefined> {
  const endpoint = parse(dataDir);
  if (!endpoint) return undefined;
  try {
    const answer = await fetch(endpoint.endpoint, {
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await answer.body?.cancel();
    return answer.headers.get(ID_HEADER) === endpoint.id ? endpoint : undefined;
  } catch {
    return undefined;
  }
}

/** The process id in the file, be its run up or not. */
export const pidInEndpoint = (dataDir: string): number | undefined => parse(dataDir)?.pid;

function parse(dataDir: string): Endpoint | undefined {
  try {
    return endpointFile.safeParse(JSON.parse(readFileSync(pathOf(dataDir), 'utf8'))).data;
  } catch {
    return undefined;
  }
}
