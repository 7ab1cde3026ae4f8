/**
 * Works on several items at a time and gives the results in the order of the items.
 * @param atOnce how many are worked on, or wait to be taken, at a time: bounds the memory
 * @throws what `work` throws, when its turn comes; the others under way are let finish unheard
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  for (const item of items) {
    if (underWay.length >= atOnce) yield (await underWay.shift()) as Result;
    const result = work(item);
    // Nobody may be left to hear of a failure once an earlier one has ended the loop.
    result.catch(() => {});
    underWay.push(result);
  }
  for (const result of underWay) yield await result;
}
