import type { TestContext } from "node:test";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Credential, Endpoint, IssuerTrust, NewCredential, NewIssuerTrust, Store } from "../../store/store.ts";
import { databasePlace } from "../../testing/database.ts";
import { hashSecret } from "../credentials.ts";

/** A database with two endpoints, `default` and `hr`. */
export type TestDatabase = {
  readonly store: Store;
  readonly endpoint: Endpoint;
  readonly other: Endpoint;
  /** Adds a token of the first endpoint with this secret; `changed` overrides the defaults. */
  readonly add: (secret: string, changed?: Partial<NewCredential>) => Promise<Credential>;
  /** Adds a trust of the first endpoint. */
  readonly addTrust: (trust: Partial<NewIssuerTrust> & Pick<NewIssuerTrust, "issuer">) => Promise<IssuerTrust>;
};

/** When the test data was created. */
export const START_MS = Date.parse("2026-03-01T08:00:00.000Z");

export async function testDatabase(t: Pick<TestContext, "after">): Promise<TestDatabase> {
  const place = databasePlace();
  const store = openSqliteStore(place.file);
  t.after(async () => {
    await store.close();
    place.remove();
  });
  const [endpoint, other] = await store.transaction(
    async (transaction) =>
      [
        await store.endpoints.insert(transaction, { name: "default", settings: {} }, START_MS),
        await store.endpoints.insert(transaction, { name: "hr", settings: {} }, START_MS),
      ] as const,
  );
  return {
    store,
    endpoint,
    other,
    add: (secret, changed = {}) =>
      store.transaction((transaction) =>
        store.credentials.insert(
          transaction,
          { ...tokenOf(endpoint.key), secretHash: hashSecret(secret), ...changed },
          START_MS,
        ),
      ),
    addTrust: (changed) =>
      store.transaction((transaction) =>
        store.issuerTrusts.insert(transaction, { ...trustOf(endpoint.key), ...changed }, START_MS),
      ),
  };
}

function tokenOf(endpoint: number): Omit<NewCredential, "secretHash"> {
  return {
    purpose: "provisioning",
    endpoint,
    kind: "token",
    label: "Entra",
    clientId: undefined,
    scopes: ["read", "write"],
    user: undefined,
    origin: undefined,
    expiresMs: undefined,
  };
}

/** The default trust of tests. */
export function trustOf(endpoint: number): Omit<NewIssuerTrust, "issuer"> {
  return {
    endpoint,
    label: "Entra",
    audience: "api://6b1f",
    jwksUri: undefined,
    tenant: undefined,
    clientId: undefined,
    subject: undefined,
    scopes: ["read", "write"],
    user: undefined,
  };
}
