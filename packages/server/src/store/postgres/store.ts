import type { TokenCredential } from "@azure/core-auth";
import { isIndexed } from "../sql/columns.ts";
import { credentials } from "../sql/credentials.ts";
import { issuerTrusts } from "../sql/issuer-trusts.ts";
import type { Store } from "../store.ts";
import { scopeOf, transactionOf } from "./connection.ts";
import { endpoints } from "./endpoints.ts";
import { type DatabaseProblem, Listener } from "./listener.ts";
import { members } from "./members.ts";
import { migrate } from "./migrations.ts";
import { monitor } from "./monitor/monitor.ts";
import { Pool } from "./pool.ts";
import { resources } from "./resources.ts";
import { serverAt } from "./server.ts";

const DEFAULT_CONNECTIONS = 10;
const DEFAULT_MAX_READ_MS = 10_000;

/** Advisory lock of work that one process does at a time; see also `listener.ts`. */
const ONE_AT_A_TIME = "2, 1";

export type PostgresOptions = {
  /** Connections for transactions, and as many for reads. */
  readonly connections?: number | undefined;
  /** How long a statement of a read may run. */
  readonly maxReadMs?: number | undefined;
  /** For `auth=entra`; default: the identity that the Azure SDK finds. */
  readonly credential?: TokenCredential | undefined;
  /** Called when the database cannot be used any more, and when it can again. */
  readonly onProblem?: ((problem: DatabaseProblem | undefined) => void) | undefined;
};

/** `serverVersion` is that of PostgreSQL at the start. */
export type PostgresStore = Store & { readonly serverVersion: string };

/**
 * Connects to the database, and brings its schema up to date.
 * @throws Error if it cannot be reached, or has a newer schema
 */
export async function openPostgresStore(url: string, options: PostgresOptions = {}): Promise<PostgresStore> {
  const { connections = DEFAULT_CONNECTIONS, maxReadMs = DEFAULT_MAX_READ_MS, credential } = options;
  const server = serverAt(url, credential);
  await migrate(server);
  const pool = new Pool({ server, connections, maxReadMs });
  const listener = await Listener.open(server, {
    onProblem: (problem) => options.onProblem?.(problem),
    onSilence: () => pool.abandonConnections(),
  });
  const close = async () => {
    await Promise.all([pool.close(), listener.close()]);
  };
  await pool.clean().catch(async (error) => {
    await close();
    throw error;
  });
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
    replicas: {
      slot: listener.slot,
      slots: listener.slots,
      lead: () => listener.lead(),
      tell: (message) => listener.tell(message),
      listen: (heard) => listener.listen(heard),
      oneAtATime: (work) =>
        pool.transaction(async (transaction) => {
          await transactionOf(transaction).get(`SELECT pg_advisory_xact_lock(${ONE_AT_A_TIME})::text`);
          return work();
        }),
    },
    isIndexed,
    serverVersion: listener.serverVersion,
    close,
  };
}
