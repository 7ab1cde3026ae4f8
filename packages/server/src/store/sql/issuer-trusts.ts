import type { IssuerTrust, IssuerTrustStore, Key, NewIssuerTrust } from "../store.ts";
import { executorOf } from "./executor.ts";
import { noteUses, readScopes, uniquelyLabelled, writeScopes } from "./labelled.ts";
import type { Row } from "./sql.ts";

/** The changeable columns, in the order of {@link values}. */
const CHANGEABLE = ["label", "issuer", "audience", "jwks_uri", "tenant", "client_id", "subject", "scopes", "user_id"];

export const issuerTrusts: IssuerTrustStore = {
  list: async (scope) => {
    const executor = executorOf(scope);
    const columns = `key, endpoint, created_ms, last_used_ms, ${CHANGEABLE.join(", ")}`;
    return (await executor.all(`SELECT ${columns} FROM issuer_trust ORDER BY key ${executor.forUpdate}`)).map(trust);
  },

  insert: async (transaction, added, nowMs) => {
    const executor = executorOf(transaction);
    const row = await uniquelyLabelled(executor, added.label, () =>
      executor.get(
        `INSERT INTO issuer_trust (endpoint, created_ms, ${CHANGEABLE.join(", ")})
         VALUES (?, ?${", ?".repeat(CHANGEABLE.length)}) RETURNING key`,
        added.endpoint,
        nowMs,
        ...values(added),
      ),
    );
    return { ...added, key: row?.[0] as Key, createdMs: nowMs, lastUsedMs: undefined };
  },

  update: async (transaction, key, changed) => {
    const executor = executorOf(transaction);
    const updated = await uniquelyLabelled(executor, changed.label, () =>
      executor.run(
        `UPDATE issuer_trust SET ${CHANGEABLE.map((name) => `${name} = ?`).join(", ")} WHERE key = ?`,
        ...values(changed),
        key,
      ),
    );
    return updated.changed > 0;
  },

  remove: async (transaction, key) =>
    (await executorOf(transaction).run("DELETE FROM issuer_trust WHERE key = ?", key)).changed > 0,

  noteUses: noteUses("issuer_trust"),

  useAssertion: async (transaction, { trust, idHash, expiresMs }) =>
    (
      await executorOf(transaction).run(
        "INSERT INTO used_assertion (trust, id_hash, expires_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        trust,
        idHash,
        expiresMs,
      )
    ).changed > 0,

  removeExpired: async (transaction, beforeMs, limit) => {
    await executorOf(transaction).run(
      `DELETE FROM used_assertion WHERE (trust, id_hash) IN
         (SELECT trust, id_hash FROM used_assertion WHERE expires_ms < ? ORDER BY expires_ms LIMIT ?)`,
      beforeMs,
      limit,
    );
  },
};

function values(trust: Omit<NewIssuerTrust, "endpoint">): (string | null)[] {
  const { label, issuer, audience, jwksUri, tenant, clientId, subject, scopes, user } = trust;
  return [
    label,
    issuer,
    audience,
    jwksUri ?? null,
    tenant ?? null,
    clientId ?? null,
    subject ?? null,
    writeScopes(scopes),
    user ?? null,
  ];
}

function trust(row: Row): IssuerTrust {
  const text = (index: number) => (row[index] as string | null) ?? undefined;
  return {
    key: row[0] as Key,
    endpoint: row[1] as Key,
    createdMs: row[2] as number,
    lastUsedMs: (row[3] as number | null) ?? undefined,
    label: row[4] as string,
    issuer: row[5] as string,
    audience: row[6] as string,
    jwksUri: text(7),
    tenant: text(8),
    clientId: text(9),
    subject: text(10),
    scopes: readScopes(row[11] as string),
    user: text(12),
  };
}
