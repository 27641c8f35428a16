import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The Node that runs the functions here. */
export interface FunctionNode {
  path: string;
  /** A note for the user, if it is not the deployed version. */
  note: string | undefined;
}

/**
 * The Node of a Lambda runtime: that of this process if it has the major version, else one that nvm, fnm or Volta has
 * installed, else that of this process.
 *
 * @param runtime such as `nodejs24.x`
 */
export function nodeOf(
  runtime: string,
  { env, versions, execPath }: Pick<NodeJS.Process, 'env' | 'versions' | 'execPath'> = process,
): FunctionNode {
  const major = /^nodejs(\d+)\.x$/.exec(runtime)?.[1];
  if (major === undefined || versions.node.split('.')[0] === major)
    return { path: execPath, note: undefined };
  const path = installed(major, env)[0];
  if (path !== undefined) return { path, note: undefined };
  return {
    path: execPath,
    note: `functions run on Node ${versions.node} here, and on ${major} when deployed; to run them on ${major}, install it: nvm install ${major}`,
  };
}

function installed(major: string, env: NodeJS.ProcessEnv): string[] {
  const home = env['HOME'] ?? '/';
  const folders: [string, string][] = [
    [join(env['NVM_DIR'] ?? join(home, '.nvm'), 'versions', 'node'), 'bin/node'],
    [join(env['FNM_DIR'] ?? join(home, '.local', 'share', 'fnm'), 'node-versions'), 'installation/bin/node'],
    [join(env['VOLTA_HOME'] ?? join(home, '.volta'), 'tools', 'image', 'node'), 'bin/node'],
  ];
  return folders.flatMap(([folder, node]) =>
    namesIn(folder)
      .filter((name) => name.replace(/^v/, '').startsWith(`${major}.`))
      .sort((one, other) => other.localeCompare(one, 'en', { numeric: true }))
      .map((name) => join(folder, name, node)),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
