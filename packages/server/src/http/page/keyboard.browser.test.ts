import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, Locator, Page } from "playwright-core";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { clientOf } from "../../testing/client.ts";
import { assertFits, type OpenPage, openPage, signIn, startBrowser } from "./testing/browser.ts";

const LONG = "the-endpoint-of-a-customer-with-a-very-long-name";

/** By then what was answered is shown. */
const SHOWN_MS = 300;

const server = await startApplication();
let browser: Browser;
let opened: OpenPage;
let page: Page;
before(async () => {
  const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
  for (const name of [LONG, "third"]) await admin.post("/api/endpoints", { name });
  admin.close();
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  for (let number = 100; number < 160; number++) {
    await server.client.post("/Users", { schemas, userName: `user.${number}@example.com` });
  }
  browser = await startBrowser();
  opened = await openPage(browser, server.origin);
  page = opened.page;
  await signIn(page, TEST_ADMIN_SECRET);
});
after(async () => {
  await browser?.close();
  await server.close();
});

const link = (name: string) => page.getByRole("navigation", { name: "Main" }).getByRole("link", { name });

const isHeld = (place: Locator) =>
  place.evaluate((held: { matches: (selector: string) => boolean }) => held.matches(":focus"));
const atHeading = (text: string) => page.locator("h1:focus", { hasText: text }).waitFor();
const atRow = (text: string) => page.locator(".resource-row a:focus", { hasText: text }).waitFor();

test("the link at the beginning leads past the bar, and to no other page", async () => {
  await page.goto(`${server.origin}/#/server`);
  await page.getByRole("heading", { name: "Server", level: 1 }).waitFor();
  await page.locator(".skip-link").focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate("document.activeElement.id"), "main");
  assert.equal(page.url(), `${server.origin}/#/server`);
});

test("whoever goes to another view is at its heading", async () => {
  await link("Users").focus();
  await page.keyboard.press("Enter");
  await atHeading("Users");
  await link("Activity").press("Enter");
  await atHeading("Activity");
  await link("Users").press("Enter");
  await atHeading("Users");
  await page.getByRole("list", { name: "Users" }).getByRole("link", { name: "user.100@example.com" }).press("Enter");
  await atHeading("user.100@example.com");
  await page.goBack();
  await atHeading("Users");
});

test("where a button goes away with what it did, the next thing has the focus", async () => {
  await page.goto(`${server.origin}/#/?failures=1&resource=${crypto.randomUUID()}`);
  const search = page.getByLabel("Search", { exact: true });
  for (const name of [/^About/, "Clear"]) {
    await page.getByRole("button", { name }).press("Enter");
    assert.equal(await isHeld(search), true);
    await search.blur();
  }
  await page.getByRole("button", { name: "Pause" }).click();
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  const { body } = await server.client.post("/Users", { schemas, userName: "waits@example.com" });
  await page.getByRole("button", { name: "1 new" }).press("Enter");
  await page.locator(".feed a:focus", { hasText: "created waits@example.com" }).waitFor();
  for (let number = 0; number < 501; number++) await server.client.get(`/Users?count=0&startIndex=${number + 1}`);
  const lookedAgain = page.waitForResponse(/\/api\/exchanges\?.*limit=50/);
  await page.getByRole("button", { name: "500+ new" }).press("Enter");
  await lookedAgain;
  await delay(SHOWN_MS);
  await page.locator(".feed a:focus").waitFor();
  await page.getByRole("button", { name: "Go on" }).click();

  await page.goto(`${server.origin}/#/endpoints/default/Users/${body.id}`);
  await page.getByRole("button", { name: "Edit" }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).press("Enter");
  await atHeading("waits@example.com active");
  await page.getByRole("button", { name: "Delete" }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).press("Enter");
  await atHeading("waits@example.com deleted");
});

test("the choice of an endpoint stays in the hand", async () => {
  const choice = page.getByLabel("Endpoint", { exact: true });
  await choice.focus();
  for (const name of [LONG, "third"]) {
    await page.keyboard.press("ArrowDown");
    await page.waitForURL(`${server.origin}/#/endpoints/${name}/Users`);
    assert.equal(await choice.inputValue(), name);
    assert.equal(await page.evaluate("document.activeElement.tagName"), "SELECT");
  }
  await page.goto(`${server.origin}/#/endpoints/default/Users`);
  assert.equal(await choice.inputValue(), "default");
});

test("the next page of a list begins at its top, with the focus there", async () => {
  await page.getByRole("button", { name: "Next" }).focus();
  await page.keyboard.press("Enter");
  await atRow("user.150@example.com");
  assert.equal(await page.evaluate("scrollY"), 0);
  await page.getByRole("button", { name: "Previous" }).press("Enter");
  await atRow("user.100@example.com");
  assert.equal(await page.evaluate("scrollY"), 0);
});

test("what is looked at again and again leaves the focus where it is, and tells the same once", async () => {
  const other = await openPage(browser, server.origin);
  const { page } = other;
  await page.clock.install();
  const answer = {
    mode: "azure-blob",
    role: "primary",
    lag: { ms: 0, commits: 0, bytes: 0, exceedsLossWindow: false },
  };
  await page.route("**/api/backup/status", async (route) => {
    const status = await (await route.fetch()).json();
    await route.fulfill({ json: { ...status, ...answer } });
  });
  const lookAgain = async () => {
    const answered = Promise.all(
      ["endpoints", "statistics", "backup/status", "version"].map((name) =>
        page.waitForResponse((response) => response.url().includes(`/api/${name}`)),
      ),
    );
    await page.clock.fastForward(10_000);
    await answered;
  };
  await signIn(page, TEST_ADMIN_SECRET);
  await page.goto(`${server.origin}/#/server`);
  const users = page.locator(".tile").first();
  for (const place of [page.locator("summary"), page.getByRole("button", { name: "Back up now" }), users]) {
    await place.focus();
    await lookAgain();
    assert.equal(await isHeld(place), true);
  }
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  await server.client.post("/Users", { schemas, userName: "one.more@example.com" });
  await lookAgain();
  await users.getByText("61", { exact: true }).waitFor();
  assert.equal(await isHeld(users), true);

  await page.route("**/api/version", (route) => route.fulfill({ status: 503, json: { detail: "Not now." } }));
  await lookAgain();
  const alert = page.getByRole("alert");
  await alert.getByRole("button", { name: "Try again" }).focus();
  const told = await alert.elementHandle();
  await lookAgain();
  assert.equal(await told?.evaluate((held: { isConnected: boolean }) => held.isConnected), true);
  assert.equal(await isHeld(alert.getByRole("button", { name: "Try again" })), true);
  await page.unroute("**/api/version");
  await lookAgain();
  await page.getByText(/^SCIMTool .*, Node\.js/).waitFor();
  assert.deepEqual(other.complaints, []);
  await other.close();
});

test("with several endpoints, one of them with a long name, the bar fits in each window", async () => {
  await page.goto(`${server.origin}/#/endpoints/${LONG}/Users`);
  for (const width of [320, 600, 736, 768, 900, 1024, 1280]) {
    await page.setViewportSize({ width, height: 700 });
    await assertFits(page);
    await page.getByRole("button", { name: "Sign out" }).click({ trial: true });
  }
});

test("the browser had nothing to complain of, and asked nobody else", () => {
  assert.deepEqual(opened.complaints, []);
});
