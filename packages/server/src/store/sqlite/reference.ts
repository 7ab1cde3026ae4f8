import type { Reference } from "../store.ts";
import type { Row } from "./connection.ts";

/** Reads the columns `id, type, label`. */
export function reference(row: Row): Reference {
  return { id: row[0] as string, type: row[1] as string, label: row[2] as string };
}
