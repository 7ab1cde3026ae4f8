import type { Credential, CredentialPurpose, CredentialStore } from "../store.ts";
import { connectionOf } from "./connection.ts";

export const credentials: CredentialStore = {
  list: async (scope) =>
    connectionOf(scope)
      .all("SELECT purpose, endpoint, label, secret_hash FROM credential ORDER BY key")
      .map(
        ([purpose, endpoint, label, secretHash]): Credential => ({
          purpose: purpose as CredentialPurpose,
          endpoint: (endpoint as number | null) ?? undefined,
          label: label as string,
          secretHash: secretHash as string,
        }),
      ),

  put: async (transaction, { purpose, endpoint, label, secretHash }, nowMs) => {
    connectionOf(transaction).run(
      `INSERT INTO credential (purpose, endpoint, label, secret_hash, created_ms) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (purpose, ifnull(endpoint, 0), label)
       DO UPDATE SET secret_hash = excluded.secret_hash, created_ms = excluded.created_ms
       WHERE secret_hash <> excluded.secret_hash`,
      purpose,
      endpoint ?? null,
      label,
      secretHash,
      nowMs,
    );
  },
};
