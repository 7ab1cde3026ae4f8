import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication } from "../../server/src/testing/application.ts";
import { assertAccessible, goTo, openWeb, signIn, startPage } from "./page.ts";

const target = mkdtempSync(join(tmpdir(), "scimtool-web-target-"));
const VIEWER_SECRET = "test-viewer-secret";
const server = await startApplication({ backupTarget: target, viewerSecret: VIEWER_SECRET });
const { browser, page } = await startPage(server, { hash: "#/storage" });
after(async () => {
  rmSync(target, { recursive: true, force: true });
});

const attention = () => page.getByRole("navigation", { name: "Main" }).getByLabel("Needs attention");

test("storage says that the backup is up to date, where it is, and makes one now", async () => {
  await page.getByText("Backup is up to date").waitFor();
  await page.getByText("Primary", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Back up now" }).click();
  await page.getByText("Backed up", { exact: true }).first().waitFor();
  await page
    .getByText(/^(?:now|\d+ s ago)$/)
    .first()
    .waitFor();
  await assertAccessible(page);
  assert.equal(await attention().count(), 0);
});

test("nothing would be lost now, and the backup is verified by restoring it", async () => {
  await page.getByText("nothing would be lost.").waitFor();
  const card = page.getByRole("region", { name: "Last verified restore" });
  await card.getByText("Nobody has verified the backup since the server started.").waitFor();
  await card.getByRole("button", { name: "Verify now" }).click();
  await card.getByText("The backup can be restored").waitFor();
  await card.getByText(/^Restored the state of .* in /).waitFor();
  await assertAccessible(page);
});

test("the database is downloaded as of a chosen time", async () => {
  const card = page.getByRole("region", { name: "Restore points" });
  await card.getByText(/^You can restore any time from/).waitFor();
  const slider = card.getByRole("slider", { name: "Point in time" });
  await slider.focus();
  await page.keyboard.press("Home");
  const oldest = new Date(Number(await slider.getAttribute("min"))).toISOString();
  assert.match(await card.getByLabel("Command that restores").first().inputValue(), new RegExp(`--at ${oldest} `));
  const downloading = page.waitForEvent("download");
  await card.getByRole("link", { name: "Download this database" }).click();
  const download = await downloading;
  assert.match(download.suggestedFilename(), /^scim-\d{8}T\d{6}Z\.db$/);
  assert.match(readFileSync(await download.path(), "latin1").slice(0, 15), /^SQLite format 3/);
  await assertAccessible(page);
});

test("it fits a phone, where a viewer neither verifies nor downloads", async () => {
  const other = await openWeb(browser, server.origin, "#/storage", { viewport: { width: 390, height: 800 } });
  await signIn(other.page, VIEWER_SECRET);
  await other.page.getByText(/^You can restore any time from/).waitFor();
  assert.equal(await other.page.getByRole("button", { name: /now$/ }).count(), 0);
  assert.equal(await other.page.getByRole("link", { name: /^Download/ }).count(), 0);
  await assertFits(other.page);
  await assertAccessible(other.page);
  assert.deepEqual(other.complaints, []);
  await other.close();
});

test("a backup that fails is reported on every view, and explained in storage", async () => {
  await page.route("**/api/backup/status", async (route) => {
    const answer = await route.fetch();
    const status = await answer.json();
    await route.fulfill({ json: { ...status, lastBackupSucceeded: false, lastError: "The folder is full." } });
  });
  await goTo(page, "#/server");
  await attention().waitFor();
  await goTo(page, "#/storage");
  await page.getByText("The last backup failed: The folder is full.").waitFor();
  await assertAccessible(page);
  await page.unroute("**/api/backup/status");
});
