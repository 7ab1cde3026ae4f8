import { isIndexed } from "../sql/columns.ts";
import { credentials } from "../sql/credentials.ts";
import { issuerTrusts } from "../sql/issuer-trusts.ts";
import type { Store } from "../store.ts";
import { scopeOf } from "./connection.ts";
import { endpoints } from "./endpoints.ts";
import { members } from "./members.ts";
import { migrate } from "./migrations.ts";
import { monitor } from "./monitor/monitor.ts";
import { Pool } from "./pool.ts";
import { resources } from "./resources.ts";

const DEFAULT_CONNECTIONS = 10;
const DEFAULT_MAX_READ_MS = 10_000;

export type PostgresOptions = {
  /** Connections for transactions, and as many for reads. */
  readonly connections?: number | undefined;
  /** How long a statement of a read may run. */
  readonly maxReadMs?: number | undefined;
};

/**
 * Connects to the database, and brings its schema up to date.
 * @throws Error if it cannot be reached, or has a newer schema
 */
export async function openPostgresStore(
  url: string,
  { connections = DEFAULT_CONNECTIONS, maxReadMs = DEFAULT_MAX_READ_MS }: PostgresOptions = {},
): Promise<Store> {
  await migrate(url);
  const pool = new Pool({ url, connections, maxReadMs });
  return {
    committed: scopeOf(pool),
    transaction: (work) => pool.transaction(work),
    inBackground: (work) => pool.transaction(work),
    endpoints,
    credentials,
    issuerTrusts,
    resources,
    members,
    monitor,
    isIndexed,
    close: () => pool.close(),
  };
}
