import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileProblem } from './mongodb/file-problem.ts';
import { UsageError } from './options.ts';
import { shellWord } from './shell-word.ts';

/** A path relative to the folder in which npm was called: npm runs a script in the project's folder. */
export function fromHere(path: string): string {
  return resolve(process.env['INIT_CWD'] || process.cwd(), path);
}

/**
 * The local run's data folder, absolute.
 *
 * @param given what --data says
 */
export function dataFolder(root: string, given: string | undefined): string {
  const path = given === undefined ? join(root, '.local', 'data') : fromHere(given);
  if (isFolder(path) === false) throw new UsageError(`--data takes a folder, and ${path} is not a folder.`);
  return path;
}

/** What a command needs to find the same folder again, with a blank before it; nothing for the default. */
export function dataOption(given: string | undefined): string {
  return given === undefined ? '' : ` --data ${shellWord(fromHere(given))}`;
}

/** The same for a command that must not create the folder: otherwise a typo would show an empty store. */
export function existingDataFolder(root: string, given: string | undefined): string {
  const path = dataFolder(root, given);
  if (given !== undefined && isFolder(path) === undefined) {
    throw new UsageError(`There is no folder ${path}. Give --data the folder that npm start was given.`);
  }
  return path;
}

/** Undefined if the path does not exist. */
function isFolder(path: string): boolean | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory();
  } catch (error) {
    throw new UsageError(`${path} can't be read: ${fileProblem(error) ?? String(error)}.`, { cause: error });
  }
}
