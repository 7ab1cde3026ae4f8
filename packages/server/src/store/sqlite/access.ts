import { existsSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Credential, Endpoint, IssuerTrust } from "../store.ts";
import { Connection, scopeOf } from "./connection.ts";
import { credentials } from "./credentials.ts";
import { endpoints } from "./endpoints.ts";
import { issuerTrusts } from "./issuer-trusts.ts";
import { checkOwner, isCurrent } from "./migrations.ts";

/** Who may come in, as a database has it. */
export type StoredAccess = {
  readonly endpoints: readonly Endpoint[];
  readonly credentials: readonly Credential[];
  readonly trusts: readonly IssuerTrust[];
};

const CACHE_KIBIBYTES = 256;

/**
 * Reads who may come in from a database file that nobody writes, as it lies: without a lock, and leaving no file beside
 * it. Where it has a log, what counts stands there, so then as any reader does.
 * @returns undefined when there is no database of the current schema yet
 * @throws Error when it is no SQLite database, another program's, or of a newer version
 */
export async function readAccess(file: string): Promise<StoredAccess | undefined> {
  if (!hasContent(file)) return undefined;
  const url = pathToFileURL(file);
  if (!hasContent(`${file}-wal`)) url.searchParams.set("immutable", "1");
  const connection = new Connection(url, { readOnly: true, cacheKibibytes: CACHE_KIBIBYTES });
  try {
    checkOwner(connection.database);
    // Of an older version: opening it will bring it up to date, and then it can be read.
    if (!isCurrent(connection.database)) return undefined;
    const scope = scopeOf(connection);
    return {
      endpoints: await endpoints.list(scope),
      credentials: await credentials.list(scope),
      trusts: await issuerTrusts.list(scope),
    };
  } finally {
    connection.close();
  }
}

function hasContent(file: string): boolean {
  return existsSync(file) && statSync(file).size > 0;
}
