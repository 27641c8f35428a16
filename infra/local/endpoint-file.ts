import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as z from 'zod';

/** Where a local run that is up can be reached. */
const endpointFile = z.object({ endpoint: z.url(), orchestrator: z.string(), pid: z.int() });
export type Endpoint = z.infer<typeof endpointFile>;

const pathOf = (dataDir: string) => `${dataDir}.endpoint.json`;

export function writeEndpoint(dataDir: string, endpoint: Endpoint): void {
  writeFileSync(pathOf(dataDir), `${JSON.stringify(endpoint)}\n`);
}

export function removeEndpoint(dataDir: string): void {
  rmSync(pathOf(dataDir), { force: true });
}

/** The local run that has this data folder; undefined where none is up, or where it died. */
export function readEndpoint(dataDir: string): Endpoint | undefined {
  let text: string;
  try {
    text = readFileSync(pathOf(dataDir), 'utf8');
  } catch {
    return undefined;
  }
  const endpoint = endpointFile.parse(JSON.parse(text));
  return isAlive(endpoint.pid) ? endpoint : undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
