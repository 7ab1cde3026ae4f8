import type { Credential, CredentialKind, CredentialPurpose, CredentialStore, Key, Origin } from "../store.ts";
import { executorOf } from "./executor.ts";
import { noteUses, readScopes, uniquelyLabelled, writeScopes } from "./labelled.ts";
import type { Row } from "./sql.ts";

const COLUMNS =
  "key, purpose, endpoint, kind, label, client_id, secret_hash, scopes, user_id, of_credential, of_trust, created_ms, expires_ms, last_used_ms";

/** A token with a purpose, an endpoint and a label. */
const THIS_TOKEN = "purpose = ? AND endpoint IS NOT DISTINCT FROM ? AND kind = 'token' AND label = ?";

export const credentials: CredentialStore = {
  list: async (scope) => {
    const executor = executorOf(scope);
    const text = `SELECT ${COLUMNS} FROM credential WHERE kind <> 'access' ORDER BY key ${executor.forUpdate}`;
    return (await executor.all(text)).map(credential);
  },

  byHash: async (scope, secretHash) =>
    (
      await executorOf(scope).all(`SELECT ${COLUMNS} FROM credential WHERE secret_hash = ? ORDER BY key`, secretHash)
    ).map(credential),

  put: async (transaction, { purpose, endpoint, label, scopes, secretHash }, nowMs) => {
    const connection = executorOf(transaction);
    const token = [purpose, endpoint ?? null, label] as const;
    await connection.run(
      `DELETE FROM credential WHERE kind = 'session' AND of_credential IN
         (SELECT key FROM credential WHERE ${THIS_TOKEN} AND secret_hash <> ?)`,
      ...token,
      secretHash,
    );
    await connection.run(
      `UPDATE credential SET secret_hash = ?, created_ms = ?, last_used_ms = NULL WHERE ${THIS_TOKEN} AND secret_hash <> ?`,
      secretHash,
      nowMs,
      ...token,
      secretHash,
    );
    await connection.run(
      `INSERT INTO credential (purpose, endpoint, kind, label, scopes, secret_hash, created_ms)
       VALUES (?, ?, 'token', ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ...token,
      writeScopes(scopes),
      secretHash,
      nowMs,
    );
  },

  insert: async (transaction, added, nowMs) => {
    const { origin } = added;
    const executor = executorOf(transaction);
    const row = await uniquelyLabelled(executor, added.label, () =>
      executor.get(
        `INSERT INTO credential (purpose, endpoint, kind, label, client_id, secret_hash, scopes, user_id, of_credential,
           of_trust, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
        added.purpose,
        added.endpoint ?? null,
        added.kind,
        added.label,
        added.clientId ?? null,
        added.secretHash,
        writeScopes(added.scopes),
        added.user ?? null,
        origin === undefined || origin.kind === "trust" ? null : origin.key,
        origin?.kind === "trust" ? origin.key : null,
        nowMs,
        added.expiresMs ?? null,
      ),
    );
    return { ...added, key: row?.[0] as Key, createdMs: nowMs, lastUsedMs: undefined };
  },

  update: async (transaction, key, { label, scopes, expiresMs }) => {
    const executor = executorOf(transaction);
    const { changed } = await uniquelyLabelled(executor, label, () =>
      executor.run(
        "UPDATE credential SET label = ?, scopes = ?, expires_ms = ? WHERE key = ?",
        label,
        writeScopes(scopes),
        expiresMs ?? null,
        key,
      ),
    );
    return changed > 0;
  },

  remove: async (transaction, key) =>
    (await executorOf(transaction).run("DELETE FROM credential WHERE key = ?", key)).changed > 0,

  noteUses: noteUses("credential"),

  removeExpired: async (transaction, beforeMs, limit) => {
    await executorOf(transaction).run(
      `DELETE FROM credential WHERE key IN
         (SELECT key FROM credential WHERE kind IN ('access', 'session') AND expires_ms < ? ORDER BY expires_ms LIMIT ?)`,
      beforeMs,
      limit,
    );
  },
};

/** Reads {@link COLUMNS}. */
function credential(row: Row): Credential {
  return {
    key: row[0] as Key,
    purpose: row[1] as CredentialPurpose,
    endpoint: (row[2] as Key | null) ?? undefined,
    kind: row[3] as CredentialKind,
    label: row[4] as string,
    clientId: (row[5] as string | null) ?? undefined,
    secretHash: row[6] as string,
    scopes: readScopes(row[7] as string),
    user: (row[8] as string | null) ?? undefined,
    origin: origin(row[3] as CredentialKind, row[9] as Key | null, row[10] as Key | null),
    createdMs: row[11] as number,
    expiresMs: (row[12] as number | null) ?? undefined,
    lastUsedMs: (row[13] as number | null) ?? undefined,
  };
}

function origin(kind: CredentialKind, credential: Key | null, trust: Key | null): Origin | undefined {
  if (credential !== null) return { kind: kind === "session" ? "token" : "client", key: credential };
  return trust === null ? undefined : { kind: "trust", key: trust };
}
