import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { expectedAccess, openAccess } from "./access.ts";
import { readAccess } from "./store/sqlite/access.ts";
import { openSqliteStore } from "./store/sqlite/store.ts";
import { testFolder } from "./testing/application.ts";

test("the secret of the default endpoint is made with it, and stays removed once it was", async (t) => {
  const dataDir = testFolder();
  t.after(() => rmSync(dataDir, { recursive: true }));
  const file = join(dataDir, "scim.db");
  const config = {
    dataDir,
    profile: undefined,
    scimSharedSecret: undefined,
    adminSecret: undefined,
    viewerSecret: undefined,
  };
  const isLetIn = async (
    access: Pick<Awaited<ReturnType<typeof openAccess>>, "authority" | "endpoints">,
    secret: string,
  ) => (await access.authority.decide(`Bearer ${secret}`, access.endpoints.default, "read", Date.now())).accepted;

  const first = openSqliteStore(file);
  const made = await openAccess(first, config);
  const { scim, admin } = made.secrets;
  assert.ok(scim.kind === "made" && admin.kind === "made");
  assert.ok(await isLetIn(made, scim.secret));
  assert.equal((await openAccess(first, config)).secrets.scim.kind, "kept");

  const [shared] = (await first.credentials.list(first.committed)).filter(({ label }) => label === "shared secret");
  assert.ok(shared);
  await first.transaction((transaction) => first.credentials.remove(transaction, shared.key));
  await first.close();

  assert.ok(!(await isLetIn(expectedAccess(await readAccess(file), config), scim.secret)));
  const second = openSqliteStore(file);
  const removed = await openAccess(second, config);
  assert.deepEqual(removed.secrets.scim, { kind: "removed" });
  assert.ok(!(await isLetIn(removed, scim.secret)));
  const given = await openAccess(second, { ...config, scimSharedSecret: "given" });
  assert.ok(await isLetIn(given, "given"));
  await second.close();
});
