/** What may be held of something at a time. */
export type Room<Item> = { readonly maxBytes: number; readonly bytesOf: (item: Item) => number };

/**
 * Works on several items at a time and gives the results in the order of the items.
 * @param atOnce how many are worked on, or wait to be taken, at a time: bounds the memory
 * @param room bounds it where items differ in size: as many are begun as fit, but one always
 * @throws what `work` throws, when its turn comes; the others under way are let finish unheard
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
  { maxBytes, bytesOf }: Room<Item> = { maxBytes: 0, bytesOf: () => 0 },
): AsyncGenerator<Result> {
  const underWay: { readonly result: Promise<Result>; readonly bytes: number }[] = [];
  let bytesUnderWay = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    while (underWay.length >= atOnce || (underWay.length > 0 && bytesUnderWay + bytes > maxBytes)) {
      const first = underWay.shift() as (typeof underWay)[number];
      yield await first.result;
      bytesUnderWay -= first.bytes;
    }
    const result = work(item);
    // Nobody may be left to hear of a failure once an earlier one has ended the loop.
    result.catch(() => {});
    underWay.push({ result, bytes });
    bytesUnderWay += bytes;
  }
  for (const { result } of underWay) yield await result;
}
