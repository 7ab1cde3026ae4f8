import { type CredentialScope, type Key, LabelConflict, type Transaction } from "../store.ts";
import { type Executor, executorOf } from "./executor.ts";

/** Writes a row whose label must be unique. @throws LabelConflict */
export async function uniquelyLabelled<T>(executor: Executor, label: string, write: () => T | Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!executor.isLabelTaken(error)) throw error;
    throw new LabelConflict(label, error);
  }
}

/** Stores when rows were last used. */
export function noteUses(table: "credential" | "issuer_trust") {
  return async (transaction: Transaction, uses: ReadonlyMap<Key, number>): Promise<void> => {
    for (const [key, usedMs] of uses) {
      // The key may belong to another row now, which is newer than the use.
      await executorOf(transaction).run(
        `UPDATE ${table} SET last_used_ms = ? WHERE key = ? AND created_ms <= ? AND coalesce(last_used_ms, 0) < ?`,
        usedMs,
        key,
        usedMs,
        usedMs,
      );
    }
  };
}

export function writeScopes(scopes: readonly CredentialScope[]): string {
  return scopes.join(" ");
}

export function readScopes(text: string): CredentialScope[] {
  return text.split(" ").filter((name) => name !== "") as CredentialScope[];
}
