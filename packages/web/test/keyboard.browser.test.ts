import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication, TEST_ADMIN_SECRET } from "../../server/src/testing/application.ts";
import { goTo, openWeb, signIn, startPage } from "./page.ts";

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
const LONG_NAME = "a-very-long-name-of-an-endpoint-as-somebody-may-choose-it";

/** By then the browser would have asked. */
const ASKED_MS = 300;

const server = await startApplication();
const { client } = server;
const joy = (await client.post("/Users", { schemas: [CORE], userName: "joy@example.com", displayName: "Joy Young" }))
  .body.id;
await client.post("/Users", { schemas: [CORE], userName: "lee@example.com" });
const { browser, page } = await startPage(server);

const table = () => page.getByRole("table", { name: "Exchanges, newest first" });
const panel = () => page.getByRole("dialog", { name: "Exchange" });
const editor = () => page.getByRole("dialog", { name: "Edit user" });
const text = () => editor().getByLabel("Resource as JSON");
const toJson = () => editor().getByRole("tab", { name: "JSON" }).click();
const toUser = () => goTo(page, `#/endpoints/default/Users/${joy}`);

test("the first button leads past the navigation, and to no other view", async () => {
  await table().getByText("Joy Young").first().waitFor();
  const address = page.url();
  await page.evaluate("document.activeElement.blur()");
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Skip to the content" }).press("Enter");
  await page.locator("main:focus").waitFor();
  assert.equal(page.url(), address);
});

test("every view is reached by two keys, and begins at its heading", async () => {
  for (const [key, heading] of [
    ["u", "Users"],
    ["g", "Groups"],
    ["e", "Endpoints"],
    ["s", "Storage"],
    ["v", "Server"],
    ["a", "Activity"],
  ] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.locator("h1:focus", { hasText: heading }).waitFor();
    assert.match(await page.title(), new RegExp(`^${heading} ·`));
  }
});

test("a closed exchange leaves the focus on its row, also after stepping", async () => {
  await table().getByRole("row").nth(1).click();
  await panel().locator("h2").waitFor();
  await page.keyboard.press("j");
  await panel()
    .getByRole("heading", { name: /created Joy Young/ })
    .waitFor();
  await page.keyboard.press("Escape");
  await page.locator("[data-row]:focus", { hasText: "created Joy Young" }).waitFor();
  await page.keyboard.press("Enter");
  await panel()
    .getByRole("heading", { name: /created Joy Young/ })
    .waitFor();
  await page.keyboard.press("Escape");
  await panel().waitFor({ state: "hidden" });
});

test("keys do nothing while people type or answer a question", async () => {
  await page.getByLabel("Search", { exact: true }).fill("f p g u");
  await page.getByRole("button", { name: "Failures", pressed: false }).waitFor();
  await page.getByLabel("Search", { exact: true }).press("Escape");
  await toUser();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("alertdialog").waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("u");
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("heading", { name: "Joy Young", level: 1 }).waitFor();
});

test("a dialog returns the focus to the button that opened it", async () => {
  await page.getByRole("button", { name: "Edit" }).press("Enter");
  await toJson();
  await text().waitFor();
  await page.keyboard.press("Escape");
  await editor().waitFor({ state: "hidden" });
  await page.locator("button:focus", { hasText: "Edit" }).waitFor();
});

test("selecting text beyond the edge of the editor does not close it", async () => {
  await page.getByRole("button", { name: "Edit" }).click();
  await toJson();
  const box = await text().boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 100, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(2, 2);
  await page.mouse.up();
  await delay(ASKED_MS);
  assert.equal(await editor().isVisible(), true);
  await page.keyboard.press("Escape");
  await editor().waitFor({ state: "hidden" });
});

test("the browser asks before unsaved edits are lost with the page, and not once they are saved", async () => {
  const other = await openWeb(browser, server.origin, `#/endpoints/default/Users/${joy}`);
  await signIn(other.page, TEST_ADMIN_SECRET);
  const field = other.page.getByLabel("Resource as JSON");
  await other.page.getByRole("button", { name: "Edit" }).click();
  await other.page.getByRole("tab", { name: "JSON" }).click();
  const before = await field.inputValue();
  await field.fill("{}");
  await other.page.evaluate("location.reload()");
  await delay(ASKED_MS);
  assert.deepEqual(other.complaints, ["a dialog: "]);
  await field.fill(before);
  await other.page.evaluate("location.reload()");
  await other.page.getByRole("button", { name: "Edit" }).waitFor();
  assert.equal(other.complaints.length, 1);
  await other.close();
});

test("edits that are saved while their view goes away are not kept as unsaved", async () => {
  await page.getByRole("button", { name: "Edit" }).click();
  await toJson();
  await text().fill((await text().inputValue()).replace("Joy Young", "Joy Mayer"));
  const { promise: isLeft, resolve: leave } = Promise.withResolvers<void>();
  await page.route("**/scim/v2/Users/*", async (route) => {
    if (route.request().method() === "PUT") await isLeft;
    await route.continue();
  });
  const isSaved = page.waitForResponse((answer) => answer.request().method() === "PUT");
  await editor().getByRole("button", { name: "Save" }).click();
  await goTo(page, "#/server");
  await editor().waitFor({ state: "hidden" });
  leave();
  await isSaved;
  await page.unroute("**/scim/v2/Users/*");
  await toUser();
  await page.getByRole("heading", { name: "Joy Mayer", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Edit" }).click();
  await toJson();
  assert.match(await text().inputValue(), /Joy Mayer/);
  assert.equal(await editor().getByText("These are your unsaved edits.").count(), 0);
  await page.keyboard.press("Escape");
});

test("a time shows its date and zone when pointed at, and its date after midnight", async () => {
  const other = await openWeb(browser, server.origin);
  await other.page.clock.install();
  await signIn(other.page, TEST_ADMIN_SECRET);
  const time = other.page.getByRole("table").locator("time").first();
  await time.getByText(/^\d\d:\d\d:\d\d$/).waitFor();
  await time.hover();
  assert.match((await time.getAttribute("title")) ?? "", /^\d+ \w+ \d{4} at \d\d:\d\d:\d\d \S+$/);
  await other.page.clock.fastForward("24:00:00");
  await time.getByText(/^\d{1,2} \w{3,4}, \d\d:\d\d$/).waitFor();
  await other.close();
});

test("with several endpoints, one of them with a long name, everything fits, and the choice keeps the focus", async () => {
  const { admin } = server;
  assert.equal((await admin.post("/api/endpoints", { name: LONG_NAME })).status, 201);
  await page.goto(`${server.origin}/#/endpoints/${LONG_NAME}/Users`);
  await page.reload();
  const choice = page.getByRole("combobox", { name: "Endpoint" });
  for (const width of [320, 390, 768, 1280]) {
    await page.setViewportSize({ width, height: 720 });
    for (const hash of [`#/endpoints/${LONG_NAME}/Users`, "#/", "#/endpoints", `#/endpoints/${LONG_NAME}`]) {
      await goTo(page, hash);
      await page.locator("h1").waitFor();
      await assertFits(page);
    }
  }
  await goTo(page, "#/");
  await choice.focus();
  await choice.selectOption(LONG_NAME);
  await page.waitForURL(new RegExp(LONG_NAME));
  await page.locator("select:focus").waitFor();
});
