import type { Target } from "@scimtool/replica";

// Copies of the database that SCIMTool 0.7 and 0.8 made every five minutes: `scim.db`, dated ones, `scim-<time>`.

/** A copy's first pages contain the names of its tables. */
const LOOKED_AT = { offset: 0, length: 256 * 1_024 };
const SQLITE = "SQLite format 3\0";
const TABLE = "ScimUser";

/** @returns the names of copies at a target, the newest first; none if it holds a database of this version */
export async function earlierCopies(target: Target): Promise<string[]> {
  if ((await target.read("replica/format.json", { offset: 0, length: 1 })) !== undefined) return [];
  const keys = (await target.list("scim")).filter(
    (key) => /^scim(?:\.db|[-_.]\d)[^/]*$/.test(key) && !/-(?:wal|shm|journal)$/.test(key),
  );
  const copies: string[] = [];
  for (const key of keys.toSorted(newestFirst)) {
    const start = await target.read(key, LOOKED_AT);
    if (start?.subarray(0, SQLITE.length).toString("latin1") === SQLITE && start.includes(TABLE)) copies.push(key);
  }
  return copies;
}

/** `scim.db` is always the last copy; the others have their time in their name. */
function newestFirst(one: string, other: string): number {
  if (one === "scim.db" || other === "scim.db") return one === "scim.db" ? -1 : 1;
  return digitsIn(other).localeCompare(digitsIn(one));
}

function digitsIn(name: string): string {
  return name.replaceAll(/\D/g, "");
}
