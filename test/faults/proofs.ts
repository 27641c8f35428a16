import type { Proof, ProofOptions, Verdict } from '../support/fault-proof.ts';
import { crashMatrix } from './crash-matrix.ts';
import { crashPaths } from './crash-paths.ts';
import { random } from './random.ts';
import { sickFunctions } from './sick-functions.ts';
import { sickStore } from './sick-store.ts';
import { slowHolder } from './slow-holder.ts';
import { twoAtOnce } from './two-at-once.ts';

export const PROOFS: Record<string, Proof> = {
  'crash matrix': crashMatrix,
  'crash paths': crashPaths,
  'two at once': twoAtOnce,
  'slow holder': slowHolder,
  'sick store': sickStore,
  'sick functions': sickFunctions,
  random,
};

/** One proof's figure, in one line. */
export async function prove(name: string, options: ProofOptions): Promise<Verdict & { figure: string }> {
  const startedAt = Date.now();
  const verdict = await PROOFS[name]!(options);
  const { line, ticks, lost, doubled } = verdict;
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  const figure = `${name}: ${line}; ${ticks} ticks, ${lost} trades lost, ${doubled} doubled (${seconds} s)`;
  return { ...verdict, figure };
}
