import { type CredentialScope, LabelConflict } from "../store.ts";
import type { Executor } from "./executor.ts";

/** Writes a row whose label must be unique. @throws LabelConflict */
export async function uniquelyLabelled<T>(executor: Executor, label: string, write: () => T | Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!executor.isLabelTaken(error)) throw error;
    throw new LabelConflict(label, error);
  }
}

export function writeScopes(scopes: readonly CredentialScope[]): string {
  return scopes.join(" ");
}

export function readScopes(text: string): CredentialScope[] {
  return text.split(" ").filter((name) => name !== "") as CredentialScope[];
}
