import { existsSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { credentials } from "../sql/credentials.ts";
import { endpoints } from "../sql/endpoints.ts";
import { issuerTrusts } from "../sql/issuer-trusts.ts";
import type { Credential, Endpoint, IssuerTrust } from "../store.ts";
import { Connection, scopeOf } from "./connection.ts";
import { checkOwner, isCurrent, schemaOf } from "./migrations.ts";

/** Endpoints, credentials and trusts of a database. */
export type StoredAccess = {
  readonly endpoints: readonly Endpoint[];
  readonly credentials: readonly Credential[];
  readonly trusts: readonly IssuerTrust[];
};

const CACHE_KIBIBYTES = 256;

/**
 * Reads the access data from a database file that nobody writes: without a lock, and without creating files. If there
 * is a write-ahead log, it contains the newest data and is read too.
 * @returns undefined if there is no database with the current schema yet
 * @throws Error if it is not a SQLite database, belongs to another program, or has a newer schema
 */
export async function readAccess(file: string): Promise<StoredAccess | undefined> {
  const connection = openAsItLies(file);
  if (connection === undefined) return undefined;
  try {
    // It has an older schema; opening it will migrate it.
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

/**
 * Checks a database file that nobody writes.
 * @returns its schema; 0 if there is no database yet
 * @throws Error if it is not a SQLite database or belongs to another program; NewerSchema
 */
export function checkDatabase(file: string): number {
  const connection = openAsItLies(file);
  if (connection === undefined) return 0;
  try {
    return schemaOf(connection.database);
  } finally {
    connection.close();
  }
}

function openAsItLies(file: string): Connection | undefined {
  if (!hasContent(file)) return undefined;
  const url = pathToFileURL(file);
  if (!hasContent(`${file}-wal`)) url.searchParams.set("immutable", "1");
  const connection = new Connection(url, { readOnly: true, cacheKibibytes: CACHE_KIBIBYTES });
  try {
    checkOwner(connection.database);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function hasContent(file: string): boolean {
  return existsSync(file) && statSync(file).size > 0;
}
