import { note, type Reading } from "@scimtool/scim";

/** Notes a reference to an id that no resource has, which is kept as it came. */
export function noteDangling(reading: Reading, where: string, id: string): void {
  note(reading, "dangling-reference", where, `the id "${id}" of no resource`, "kept as it came");
}
