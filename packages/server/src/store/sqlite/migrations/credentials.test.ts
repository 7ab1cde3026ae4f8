import assert from "node:assert/strict";
import { test } from "node:test";
import { databasePlace } from "../../../testing/database.ts";
import { Connection } from "../connection.ts";
import { openSqliteStore } from "../store.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { RESOURCES } from "./resources.ts";

test("credentials of an earlier version are tokens that may do everything and never expire", async () => {
  const place = databasePlace();
  const connection = new Connection(place.file, { readOnly: false, cacheKibibytes: 64 });
  const { database } = connection;
  database.exec(RESOURCES + ENDPOINTS);
  database.exec(`
    INSERT INTO endpoint (key, name) VALUES (1, 'default');
    INSERT INTO credential (purpose, endpoint, label, secret_hash, created_ms)
      VALUES ('provisioning', 1, 'shared secret', 'aa', 5), ('administration', NULL, 'admin secret', 'bb', 6);
    PRAGMA application_id = ${0x5343494d}; PRAGMA user_version = 2;
  `);
  connection.close();
  const store = openSqliteStore(place.file);
  try {
    const common = {
      kind: "token",
      clientId: undefined,
      scopes: ["read", "write"],
      user: undefined,
      origin: undefined,
      expiresMs: undefined,
      lastUsedMs: undefined,
    };
    assert.deepEqual(await store.credentials.list(store.committed), [
      {
        key: 1,
        purpose: "provisioning",
        endpoint: 1,
        label: "shared secret",
        secretHash: "aa",
        createdMs: 5,
        ...common,
      },
      {
        key: 2,
        purpose: "administration",
        endpoint: undefined,
        label: "admin secret",
        secretHash: "bb",
        createdMs: 6,
        ...common,
      },
    ]);
  } finally {
    await store.close();
    place.remove();
  }
});
