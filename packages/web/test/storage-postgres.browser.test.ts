import assert from "node:assert/strict";
import { after, test } from "node:test";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startCluster } from "../../server/src/store/postgres/testing/cluster.ts";
import { startApplication } from "../../server/src/testing/application.ts";
import { assertAccessible, goTo, startPage } from "./page.ts";

const cluster = await startCluster();
const server = await startApplication({ postgresUrl: await cluster.createDatabase(), scimSharedSecret: undefined });
const { page } = await startPage(server, { hash: "#/storage", context: { viewport: { width: 390, height: 800 } } });
after(() => cluster.stop());

test("with PostgreSQL, storage names the database, warns of a secret of this replica, and offers no backup", async () => {
  await page.getByText("Backed up by the database server").waitFor();
  await page.getByText(/^This start created the SCIM secret/).waitFor();
  await page.getByText(/^127\.0\.0\.1:\d+\/scimtool_test/).waitFor();
  await page.getByRole("link", { name: "How to set it up" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /now$/ }).count(), 0);
  assert.equal(await page.getByRole("link", { name: /^Download/ }).count(), 0);
  await assertFits(page);
  await assertAccessible(page);
  await goTo(page, "#/server");
  const version = page.getByRole("region", { name: "Version" });
  await version.getByText("PostgreSQL", { exact: true }).waitFor();
  assert.equal(await version.getByText("SQLite").count(), 0);
});
