import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type OpenPage, startBrowser } from "../../server/src/http/page/testing/browser.ts";
import { startApplication, TEST_ADMIN_SECRET } from "../../server/src/testing/application.ts";
import { assertAccessible, goTo, openWeb, signIn } from "./page.ts";

const target = mkdtempSync(join(tmpdir(), "scimtool-web-target-"));
const server = await startApplication({ backupTarget: target });
let browser: Browser;
let opened: OpenPage;
let page: Page;
before(async () => {
  browser = await startBrowser();
  opened = await openWeb(browser, server.origin, "#/storage");
  page = opened.page;
  await signIn(page, TEST_ADMIN_SECRET);
});
after(async () => {
  await browser?.close();
  await server.close();
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

test("the server's version and the session are shown", async () => {
  await goTo(page, "#/server");
  await page.getByText("Administrator", { exact: true }).waitFor();
  await page.getByText(process.versions.node, { exact: true }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Read and try it" }).getAttribute("href"), "/api/docs");
});

test("the browser complained about nothing and asked no other host", () => {
  assert.deepEqual(opened.complaints, []);
});
