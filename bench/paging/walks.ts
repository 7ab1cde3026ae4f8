/** The cost of pages at different positions of a list. */
import { quantile } from "../command.ts";
import { median } from "../measure.ts";
import { scatter } from "../people.ts";
import { decimals } from "../table.ts";
import { type Client, type List, type Page, pageSize } from "./lists.ts";

/** Pages per median. */
const sample = 60;
const jumps = 40;
const writes = 7;
/** The first half warms up. */
const lookUps = 2_000;

/** Response times in milliseconds. */
export type Figures = {
  list: string;
  first: number;
  /** At the beginning, in the middle and at the end of a walk; undefined if it is not possible, or would take hours. */
  inTurn: number[] | undefined;
  cursor: number[] | undefined;
  jumpUnknown: number;
  jumpKnown: number | undefined;
  afterWrite: number;
};

/** @param walksInTurn whether to read all pages by `startIndex`: PostgreSQL counts the rows before each page */
export async function measureList(client: Client, list: List, users: number, walksInTurn: boolean): Promise<Figures> {
  const total = users * list.share;
  const at = (startIndex: number): Promise<Page> => client.page(`${list.query}startIndex=${startIndex}&`);
  const jump = async (): Promise<number> => {
    const took: number[] = [];
    for (let index = 0; index < jumps; index++) {
      took.push((await at(1 + scatter(index, total / pageSize) * pageSize)).ms);
    }
    return median(took);
  };

  for (let warm = 0; warm < sample; warm++) await at(1);
  const first: number[] = [];
  for (let index = 0; index < sample; index++) first.push((await at(1)).ms);
  const jumpUnknown = await jump();
  const inTurn = walksInTurn ? await walk(total, (_, startIndex) => at(startIndex)) : undefined;
  const jumpKnown = walksInTurn ? await jump() : undefined;
  const afterWrite: number[] = [];
  for (let index = 0; index < writes; index++) {
    const page = await at(1 + total / 2);
    await client.rename(page.Resources[0]?.id ?? "", `Title ${index}`);
    afterWrite.push((await at(1 + total / 2)).ms);
  }
  const hasCursors = (await client.page(`${list.query}cursor&`)).nextCursor !== undefined;
  const byCursor = (last: Page | undefined): Promise<Page> =>
    client.page(`${list.query}cursor=${last?.nextCursor ?? ""}&`);
  return {
    list: list.name,
    first: median(first),
    inTurn,
    cursor: hasCursors ? await walk(total, byCursor) : undefined,
    jumpUnknown,
    jumpKnown,
    afterWrite: median(afterWrite),
  };
}

/** Looks random users up one after the other. @returns response times */
export async function measureLookUps(client: Client, users: number): Promise<string> {
  const took: number[] = [];
  for (let index = 0; index < lookUps; index++) {
    const userName = `user${String(scatter(index, users)).padStart(7, "0")}@contoso.example`;
    const { totalResults, ms } = await client.page(`filter=userName+eq+"${userName}"&`);
    if (totalResults !== 1) throw new Error(`${totalResults} users are named ${userName}`);
    took.push(ms);
  }
  const sorted = took.slice(lookUps / 2).toSorted((a, b) => a - b);
  return `p50 ${decimals(quantile(sorted, 0.5), 2)} ms, p95 ${decimals(quantile(sorted, 0.95), 2)} ms`;
}

/** Reads the whole list. @returns medians at the beginning, in the middle and at the end */
async function walk(
  total: number,
  next: (last: Page | undefined, startIndex: number) => Promise<Page>,
): Promise<number[]> {
  const took: number[] = [];
  let last: Page | undefined;
  let seen = 0;
  while (seen < total) {
    last = await next(last, seen + 1);
    const { totalResults, Resources, ms } = last;
    if (totalResults !== total || Resources.length === 0) {
      throw new Error(
        `page at ${seen + 1}: ${Resources.length} of ${totalResults} resources, expected ${total} in all`,
      );
    }
    seen += Resources.length;
    took.push(ms);
  }
  const middle = Math.floor((took.length - sample) / 2);
  return [took.slice(0, sample), took.slice(middle, middle + sample), took.slice(-sample)].map(median);
}
