import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, Locator, Page } from "playwright-core";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { type OpenPage, openPage, signIn, startBrowser } from "./testing/browser.ts";

/** By then the browser has asked, or a dialog has opened, where that is to come. */
const ASKED_MS = 400;

const server = await startApplication();
let browser: Browser;
let opened: OpenPage;
let page: Page;
let joy: string;
before(async () => {
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  joy = (await server.client.post("/Users", { schemas, userName: "joy@example.com", displayName: "Joy Young" })).body
    .id;
  browser = await startBrowser();
  opened = await openPage(browser, server.origin);
  page = opened.page;
  await signIn(page, TEST_ADMIN_SECRET);
});
after(async () => {
  await browser?.close();
  await server.close();
});

const editor = () => page.getByRole("dialog", { name: "Edit as JSON" });
const text = () => editor().getByLabel("Resource as JSON");
const question = () => page.getByRole("dialog", { name: "Discard what you changed?" });
const panel = () => page.getByRole("dialog", { name: "Exchange" });

async function openEditor(): Promise<void> {
  await page.goto(`${server.origin}/#/endpoints/default/Users/${joy}`);
  await page.getByRole("button", { name: "Edit" }).click();
  await text().waitFor();
}

/** Presses the mouse inside and releases it beside, as somebody does who selects text. */
async function dragOutOf(place: Locator): Promise<void> {
  const box = await place.boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + 100, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(5, box.y + 20, { steps: 5 });
  await page.mouse.up();
}

test("selecting text with the mouse beyond a dialog's edge does not close it; a click beside it does", async () => {
  await openEditor();
  await dragOutOf(text());
  assert.equal(await editor().isVisible(), true);
  await page.mouse.click(5, 300);
  await editor().waitFor({ state: "hidden" });
  await page.goto(`${server.origin}/#/`);
  await page.locator(".feed .row-link").first().click();
  await dragOutOf(panel().locator("h2"));
  assert.equal(await panel().isVisible(), true);
  await page.mouse.click(5, 300);
  await panel().waitFor({ state: "hidden" });
});

test("an exchange that is closed and opened again before the browser draws stays open", async () => {
  await page.goto(`${server.origin}/#/`);
  await page.locator(".feed .row-link").first().click();
  await panel().getByRole("button", { name: "Copy as curl" }).waitFor();
  const opened = new URL(page.url()).hash;
  await page.evaluate(
    `for (const hash of ["#/", "${opened}", "#/", "${opened}"]) {
      history.replaceState(null, "", hash);
      dispatchEvent(new HashChangeEvent("hashchange"));
    }`,
  );
  await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
  await panel().getByRole("button", { name: "Copy as curl" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await panel().waitFor({ state: "hidden" });
  await page.goto(`${server.origin}/${opened}`);
  await panel().getByRole("button", { name: "Copy as curl" }).waitFor();
  await page.goto(`${server.origin}/#/`);
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
});

test("keys work again as soon as a dialog is closed", async () => {
  const keys = page.getByRole("dialog", { name: "Keys" });
  await page.keyboard.press("?");
  await keys.waitFor();
  await page.evaluate(`for (const key of ["Escape", "?"]) {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  }`);
  await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
  assert.equal(await keys.count(), 1);
  await page.keyboard.press("Escape");
  await keys.waitFor({ state: "hidden" });
});

test("what was changed in the editor is discarded only after a question", async () => {
  await openEditor();
  await text().fill("{}");
  for (const leave of [
    () => page.keyboard.press("Escape"),
    () => editor().getByRole("button", { name: "Cancel" }).click(),
    () => editor().getByRole("button", { name: "Close" }).click(),
    () => page.mouse.click(5, 300),
  ]) {
    await leave();
    await question().waitFor();
    // Twice, as browsers let a dialog ask once only where nothing was typed since.
    await page.keyboard.press("Escape");
    await question().waitFor({ state: "hidden" });
    assert.equal(await text().inputValue(), "{}");
  }
  await page.keyboard.press("Escape");
  await question().getByRole("button", { name: "Discard" }).click();
  await editor().waitFor({ state: "hidden" });
});

test("an editor that goes away with its page keeps what was not saved", async () => {
  await openEditor();
  const kept = (await text().inputValue()).replace("Joy Young", "Joy Miller");
  await text().fill(kept);
  await page.evaluate("location.hash = '#/'");
  await editor().waitFor({ state: "hidden" });
  await openEditor();
  await editor().getByText("This is what you had not saved.").waitFor();
  assert.equal(await text().inputValue(), kept);
  await editor().getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Joy Miller" }).waitFor();
  await openEditor();
  assert.match(await text().inputValue(), /Joy Miller/);
  assert.equal(await editor().getByText("This is what you had not saved.").count(), 0);
  await page.keyboard.press("Escape");
  await editor().waitFor({ state: "hidden" });
});

test("the browser asks before text that was not saved goes with its document, and not once it was", async () => {
  const other = await openPage(browser, server.origin);
  await signIn(other.page, TEST_ADMIN_SECRET);
  await other.page.goto(`${server.origin}/#/endpoints/default/Users/${joy}`);
  const field = other.page.getByLabel("Resource as JSON");
  const reload = () => other.page.evaluate("location.reload()");
  const edit = () => other.page.getByRole("button", { name: "Edit" }).click();
  await edit();
  const before = await field.inputValue();
  await field.fill("{}");
  await reload();
  await delay(ASKED_MS);
  assert.deepEqual(other.complaints, ["a dialog: "]);
  await other.page.evaluate("location.hash = '#/'");
  await field.waitFor({ state: "hidden" });
  await reload();
  await delay(ASKED_MS);
  assert.deepEqual(other.complaints, ["a dialog: ", "a dialog: "]);
  await other.page.goto(`${server.origin}/#/endpoints/default/Users/${joy}`);
  await edit();
  await field.fill(before);
  await reload();
  await edit();
  assert.equal(await field.inputValue(), before);
  assert.equal(other.complaints.length, 2);
  await other.close();
});

test("what is saved while its editor goes away is not kept as unsaved", async () => {
  await openEditor();
  await text().fill((await text().inputValue()).replace("Joy Miller", "Joy Mayer"));
  const { promise: isLeft, resolve: leave } = Promise.withResolvers<void>();
  await page.route("**/scim/v2/Users/*", async (route) => {
    if (route.request().method() === "PUT") await isLeft;
    await route.continue();
  });
  const isSaved = page.waitForResponse((answer) => answer.request().method() === "PUT");
  await editor().getByRole("button", { name: "Save" }).click();
  await page.evaluate("location.hash = '#/'");
  await editor().waitFor({ state: "hidden" });
  leave();
  await isSaved;
  await page.unroute("**/scim/v2/Users/*");
  await openEditor();
  assert.match(await text().inputValue(), /Joy Mayer/);
  assert.equal(await editor().getByText("This is what you had not saved.").count(), 0);
  await text().fill((await text().inputValue()).replace("Joy Mayer", "Joy Miller"));
  await editor().getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Joy Miller" }).waitFor();
});

test("a version that is asked for and left alone opens nowhere else, and one that is asked for twice opens once", async () => {
  await page.goto(`${server.origin}/#/endpoints/default/Users/${joy}`);
  const version = page.getByRole("button", { name: "Version 1", exact: true });
  await version.waitFor();
  const { promise: isLeft, resolve: leave } = Promise.withResolvers<void>();
  await page.route("**/state?*", async (route) => {
    await isLeft;
    await route.continue().catch(() => undefined);
  });
  await version.click();
  await page.getByRole("link", { name: "Activity" }).click();
  leave();
  await delay(ASKED_MS);
  assert.equal(await page.locator("dialog").count(), 0);
  await page.goBack();
  await version.evaluate((button: { click: () => void }) => {
    button.click();
    button.click();
  });
  await page.getByRole("dialog", { name: "Version 1" }).waitFor();
  await delay(ASKED_MS);
  assert.equal(await page.locator("dialog").count(), 1);
  await page.unroute("**/state?*");
});

test("the word that a version was restored outlives its dialog", async () => {
  await page.getByRole("dialog", { name: "Version 1" }).getByRole("button", { name: "Restore this version" }).click();
  await page.getByRole("dialog", { name: "Restore version 1?" }).getByRole("button", { name: "Restore" }).click();
  await page.getByRole("heading", { name: "Joy Young" }).waitFor();
  await page.getByRole("region", { name: "Notices" }).getByText("Version 1 was restored").waitFor();
  await page.getByRole("button", { name: "Version 2", exact: true }).click();
  await page.getByRole("dialog", { name: "Version 2" }).getByRole("button", { name: "Restore this version" }).click();
  await page.getByRole("dialog", { name: "Restore version 2?" }).getByRole("button", { name: "Restore" }).click();
  await page.getByRole("heading", { name: "Joy Miller" }).waitFor();
});

test("where the timeline cannot be had, nothing is said to be forgotten", async () => {
  await page.route("**/timeline/*", (route) => route.fulfill({ status: 503, json: { detail: "Not now." } }));
  await page.goto(`${server.origin}/#/endpoints/default/Users/nobody`);
  await page.getByRole("alert").getByText("Not now.").waitFor();
  assert.equal(await page.getByText("nothing is remembered").count(), 0);
  await page.unroute("**/timeline/*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("There is nothing of this id, and nothing is remembered of it.").waitFor();
});

test("the server view shows a newer version, with a link to its changes", async () => {
  const answer = { version: "0.1.0", newerVersion: "0.2.0", node: "26.0.0", sqlite: "3.50.0", uptimeMs: 60_000 };
  await page.route("**/api/version", (route) => route.fulfill({ json: answer }));
  await page.goto(`${server.origin}/#/server`);
  await page.getByText("SCIMTool 0.2.0 is available.").getByRole("link", { name: "See what changes" }).waitFor();
  await page.unroute("**/api/version");
  await page.reload();
  await page.getByText(/^SCIMTool \d+\.\d+\.\d+, Node\.js/).waitFor();
  assert.equal(await page.getByText("is available").count(), 0);
});

test("closing an exchange leaves no step behind in the browser's history", async () => {
  await page.goto(`${server.origin}/#/server`);
  await page.getByRole("heading", { name: "Server", level: 1 }).waitFor();
  await page.getByRole("link", { name: "Activity" }).click();
  await page.locator(".feed .row-link").first().waitFor();
  for (let time = 0; time < 3; time++) {
    await page.locator(".feed .row-link").first().click();
    await panel().locator("h2").waitFor();
    await page.keyboard.press("j");
    // Twice, as somebody does who is in a hurry.
    await page.evaluate(`for (let time = 0; time < 2; time++) {
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    }`);
    await page.waitForURL(`${server.origin}/#/`);
    await panel().waitFor({ state: "hidden" });
  }
  await page.goBack();
  assert.equal(page.url(), `${server.origin}/#/server`);
  await page.goForward();
  await page.goForward();
  await panel().locator("h2").waitFor();
  await page.reload();
  await panel().locator("h2").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForURL(`${server.origin}/#/`);
});

test("an exchange that cannot be shown has no other's name above it", async () => {
  await page.locator(".feed .row-link").first().click();
  await panel().getByText(/^POST/).first().waitFor();
  await page.evaluate("location.hash = '#/exchanges/999999999'");
  await panel().getByText("There is no exchange 999999999.").waitFor();
  assert.equal(await panel().locator(".panel-title").textContent(), "");
  await page.keyboard.press("Escape");
  await page.waitForURL(`${server.origin}/#/`);
  await page.evaluate("location.hash = '#/exchanges/abc'");
  await page.getByRole("heading", { name: "Activity" }).waitFor({ state: "attached" });
  assert.equal(await panel().count(), 0);
  await page.goto(`${server.origin}/#/`);
});

test("when the session ends, the place stays, what was typed is kept, and nothing is told twice", async () => {
  await page.goto(`${server.origin}/#/`);
  await page.locator(".feed .row-link").first().click();
  await panel().locator("h2").waitFor();
  const address = page.url();
  await page.context().clearCookies();
  await panel().getByRole("button", { name: "Copy as curl" }).click();
  await page.getByText("You were signed out. Sign in again to go on.").waitFor();
  assert.equal(page.url(), address);
  assert.equal(await page.locator(".toast.problem").count(), 0);
  await signIn(page, TEST_ADMIN_SECRET);
  await panel().locator("h2").waitFor();
  assert.equal(page.url(), address);
  await page.keyboard.press("Escape");

  await openEditor();
  const kept = (await text().inputValue()).replace("Joy Miller", "Joy Mason");
  await text().fill(kept);
  await page.context().clearCookies();
  await editor().getByRole("button", { name: "Save" }).click();
  await page.getByText("You were signed out. Sign in again to go on.").waitFor();
  await signIn(page, TEST_ADMIN_SECRET);
  await page.getByRole("button", { name: "Edit" }).click();
  await editor().getByText("This is what you had not saved.").waitFor();
  assert.equal(await text().inputValue(), kept);
  await editor().getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Joy Mason" }).waitFor();
});

test("a refusal is told as long as its view is shown", async () => {
  await page.route("**/scim/v2/Users/*", (route) =>
    route.request().method() === "DELETE"
      ? route.fulfill({ status: 503, json: { detail: "Not now." } })
      : route.continue(),
  );
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alert").getByText("Not now.").waitFor();
  await page.unroute("**/scim/v2/Users/*");
  await page.getByRole("link", { name: "Activity" }).click();
  await page.getByRole("alert").getByText("Not now.").waitFor({ state: "hidden" });
});

test("the browser had nothing to complain of, and asked nobody else", () => {
  assert.deepEqual(opened.complaints, []);
});
