import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { assertFits, startBrowser } from "../../server/src/http/page/testing/browser.ts";
import { type Cluster, startCluster } from "../../server/src/store/postgres/testing/cluster.ts";
import { type RunningApplication, startApplication, TEST_ADMIN_SECRET } from "../../server/src/testing/application.ts";
import { assertAccessible, goTo, openWeb, signIn } from "./page.ts";

let cluster: Cluster;
let server: RunningApplication;
let browser: Browser;
before(async () => {
  cluster = await startCluster();
  server = await startApplication({ postgresUrl: await cluster.createDatabase(), scimSharedSecret: undefined });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.close();
  await cluster?.stop();
});

test("with PostgreSQL, storage names the database, warns of a secret of this replica, and offers no backup", async () => {
  const { page, complaints } = await openWeb(browser, server.origin, "#/storage", {
    viewport: { width: 390, height: 800 },
  });
  await signIn(page, TEST_ADMIN_SECRET);
  await page.getByText("Backed up by the database server").waitFor();
  await page.getByText(/^This start created the SCIM secret/).waitFor();
  await page.getByText(/^127\.0\.0\.1:\d+\/scimtool_test/).waitFor();
  await page.getByRole("link", { name: "How to set it up" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /now$/ }).count(), 0);
  assert.equal(await page.getByRole("link", { name: /^Download/ }).count(), 0);
  await assertFits(page);
  await assertAccessible(page);
  if (process.env["SHOTS"]) await page.screenshot({ path: `${process.env["SHOTS"]}/phone.png` });
  await page.setViewportSize({ width: 1440, height: 900 });
  if (process.env["SHOTS"]) await page.screenshot({ path: `${process.env["SHOTS"]}/wide.png` });
  await goTo(page, "#/server");
  const version = page.getByRole("region", { name: "Version" });
  await version.getByText("PostgreSQL", { exact: true }).waitFor();
  assert.equal(await version.getByText("SQLite").count(), 0);
  assert.deepEqual(complaints, []);
});
