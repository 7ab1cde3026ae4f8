import { endpoints as shared } from "../sql/endpoints.ts";
import type { EndpointStore, Key } from "../store.ts";
import { type Connection, connectionOf, transactionOf } from "./connection.ts";

/** Advisory locks of endpoints, apart from others (`migrations.ts`). */
const ENDPOINT_LOCK = 1;

/**
 * Until the end of the transaction, an endpoint's settings stay as they are (`shared`, by every write), or nobody writes
 * its resources (`alone`).
 */
export async function lockEndpoint(connection: Connection, endpoint: Key, how: "shared" | "alone"): Promise<void> {
  const name = how === "shared" ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock";
  await connection.get(`SELECT ${name}(${ENDPOINT_LOCK}, ?::int)::text`, endpoint);
}

export const endpoints: EndpointStore = {
  ...shared,

  list: async (scope) => {
    // Who reads the endpoints in a transaction changes one of them, by what it has read.
    const executor = connectionOf(scope);
    if (executor.isTransaction) await executor.all("SELECT 1 FROM endpoint ORDER BY key FOR NO KEY UPDATE");
    return shared.list(scope);
  },

  update: async (transaction, endpoint) => {
    await lockEndpoint(transactionOf(transaction), endpoint.key, "alone");
    return shared.update(transaction, endpoint);
  },

  revisionOf: async (transaction, endpoint) => {
    // Both are sent at once, and run one after the other.
    const locked = lockEndpoint(transactionOf(transaction), endpoint, "shared");
    const [revision] = await Promise.all([shared.revisionOf(transaction, endpoint), locked]);
    return revision;
  },

  remove: async (transaction, endpoint) => {
    await lockEndpoint(transactionOf(transaction), endpoint, "alone");
    return shared.remove(transaction, endpoint);
  },
};
