/** How many runs one invocation advances at a time. */
const PARALLEL_RUNS = 10;

/** The results in the order of the items. A few are worked on at a time. */
export async function inParallel<Item, Result>(
  items: Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL_RUNS }, worker));
  return results;
}
