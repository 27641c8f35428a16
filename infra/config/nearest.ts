/** The most letters that may be wrong in a mistyped word. */
const MOST_WRONG = 2;

/** The known word that is most like a mistyped one; undefined if none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const wrong = (candidate: string) => distance(word.toLowerCase(), candidate.toLowerCase());
  const byDistance = [...known]
    .map((candidate) => ({ candidate, wrong: wrong(candidate) }))
    .filter(({ candidate, wrong }) => wrong <= MOST_WRONG && wrong < candidate.length / 2)
    .sort((one, other) => one.wrong - other.wrong);
  return byDistance[0]?.candidate;
}

/** "; did you mean X?", or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const meant = nearest(word, known);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

/** How many letters must be added, removed, changed, or swapped with the next one. */
function distance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const steps = [rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same];
      row.push(Math.min(...steps, ...(isSwapped ? [rows[i - 2]![j - 2]! + 1] : [])));
    }
    rows.push(row);
  }
  return rows.at(-1)!.at(-1)!;
}
