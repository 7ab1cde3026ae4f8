import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { nameOf, payloadOf } from "./workload.ts";

type Thing = { id: number; version: number; seq: number; name: string; payload: Uint8Array };

/** What a database holds, by id. */
export type Content = ReadonlyMap<number, { readonly version: number; readonly seq: number }>;

/**
 * Reads all rows and checks their content.
 * @returns the rows, and which of them are wrong
 */
export function readContent(database: DatabaseSync): { readonly rows: Content; readonly wrong: readonly string[] } {
  const rows = new Map<number, { version: number; seq: number }>();
  const wrong: string[] = [];
  if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'thing'").get() === undefined) return { rows, wrong };
  for (const row of database.prepare("SELECT id, version, seq, name, payload FROM thing").iterate()) {
    const { id, version, seq, name, payload } = row as Thing;
    rows.set(id, { version, seq });
    if (name !== nameOf(id, version) || Buffer.compare(payload, payloadOf(id, version)) !== 0) {
      wrong.push(`row ${id} has not the content of its version ${version}`);
    }
  }
  return { rows, wrong };
}

/** One number for all rows. */
export function digestOf(rows: Content): string {
  const digest = createHash("sha256");
  for (const [id, { version, seq }] of [...rows].sort(([left], [right]) => left - right)) {
    digest.update(`${id} ${version} ${seq}\n`);
  }
  return digest.digest("hex");
}

export function integrityOf(database: DatabaseSync): string {
  const rows = database.prepare("PRAGMA integrity_check(5)").all() as { integrity_check: string }[];
  return rows.map(({ integrity_check }) => integrity_check).join("; ");
}
