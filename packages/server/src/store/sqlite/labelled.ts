import { type CredentialScope, LabelConflict } from "../store.ts";

/** SQLITE_CONSTRAINT_UNIQUE */
const CONSTRAINT_UNIQUE = 2067;

/** Writes a row whose label must be unique. @throws LabelConflict */
export function uniquelyLabelled<T>(label: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { errcode, message } = error as Error & { errcode?: number };
    // An index of expressions is named in the message, one of columns by these.
    if (errcode !== CONSTRAINT_UNIQUE || !/_by_label|\.label/.test(message)) throw error;
    throw new LabelConflict(label, error);
  }
}

export function writeScopes(scopes: readonly CredentialScope[]): string {
  return scopes.join(" ");
}

export function readScopes(text: string): CredentialScope[] {
  return text.split(" ").filter((name) => name !== "") as CredentialScope[];
}
