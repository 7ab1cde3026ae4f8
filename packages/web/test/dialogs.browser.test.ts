import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../../server/src/testing/application.ts";
import { goTo, openWeb, signIn, startPage } from "./page.ts";

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";

/** By then the browser would have asked, or a dialog would have opened. */
const ASKED_MS = 400;

const server = await startApplication();
const { client } = server;
const joy = await create("Users", { schemas: [CORE], userName: "joy@example.com", displayName: "Joy Young" });
await client.patch(`/Users/${joy}`, [{ op: "add", path: "title", value: "Lead" }]);
const { browser, page } = await startPage(server);

async function create(place: string, body: object): Promise<string> {
  return (await client.post(`/${place}`, body)).body.id;
}

const row = (text: string) => page.getByRole("table").getByRole("row").filter({ hasText: text });
const panel = () => page.getByRole("dialog", { name: "Exchange" });
const keysHelp = () => page.getByRole("dialog", { name: "Keyboard shortcuts" });
const editor = () => page.getByRole("dialog", { name: "Edit user" });
const text = () => editor().getByLabel("Resource as JSON");
const toUser = (id = joy) => goTo(page, `#/endpoints/default/Users/${id}`);

/** After two frames, everything that a change brings is drawn. */
const draw = () =>
  page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))") as Promise<void>;

test("an exchange that is closed and opened again before the browser draws stays open", async () => {
  await row("created Joy Young").click();
  await panel().getByRole("button", { name: "Copy as curl" }).waitFor();
  const place = new URL(page.url()).hash;
  await page.evaluate(`for (const place of ["#/", "${place}", "#/", "${place}"]) location.hash = place`);
  await draw();
  await panel().getByRole("button", { name: "Copy as curl" }).waitFor();
  await page.keyboard.press("?");
  await keysHelp().waitFor();
  await page.keyboard.press("Escape");
  await keysHelp().waitFor({ state: "hidden" });
  await panel().waitFor();
});

test("an exchange that cannot be shown has no other's name above it", async () => {
  await goTo(page, "#/?exchange=999999999");
  await panel().getByText("There is no exchange 999999999.").waitFor();
  assert.equal((await panel().locator("header").textContent())?.trim(), "");
  await panel().getByRole("button", { name: "Close" }).click();
  await panel().waitFor({ state: "hidden" });
});

test("keys work again as soon as a dialog is closed, and open it once", async () => {
  await page.keyboard.press("?");
  await keysHelp().waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await draw();
  await keysHelp().waitFor();
  assert.equal(await keysHelp().count(), 1);
  await page.keyboard.press("Escape");
  await keysHelp().waitFor({ state: "hidden" });
});

test("edits are discarded only after a question, however one leaves", async () => {
  await toUser();
  await page.getByRole("button", { name: "Edit" }).click();
  await editor().getByRole("tab", { name: "JSON" }).click();
  await text().fill("{}");
  for (const leave of [
    () => page.keyboard.press("Escape"),
    () => editor().getByRole("button", { name: "Cancel" }).click(),
    () => page.mouse.click(5, 300),
  ]) {
    await leave();
    await editor().getByText("Your edits are not saved.").waitFor();
    await editor().getByRole("button", { name: "Keep editing" }).click();
    await editor().getByText("Your edits are not saved.").waitFor({ state: "hidden" });
    assert.equal(await text().inputValue(), "{}");
  }
  await page.keyboard.press("Escape");
  await editor().getByRole("button", { name: "Discard edits" }).click();
  await editor().waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Edit" }).click();
  await editor().getByRole("tab", { name: "JSON" }).click();
  assert.match(await text().inputValue(), /Joy Young/);
  await page.mouse.click(5, 300);
  await editor().waitFor({ state: "hidden" });
});

test("the browser also asks for edits whose view was left", async () => {
  const other = await openWeb(browser, server.origin, `#/endpoints/default/Users/${joy}`);
  await signIn(other.page, TEST_ADMIN_SECRET);
  await other.page.getByRole("button", { name: "Edit" }).click();
  await other.page.getByRole("tab", { name: "JSON" }).click();
  await other.page.getByLabel("Resource as JSON").fill("{}");
  await goTo(other.page, "#/");
  await other.page.getByRole("heading", { name: "Activity", level: 1 }).waitFor();
  await other.page.evaluate("location.reload()");
  await delay(ASKED_MS);
  assert.deepEqual(other.complaints, ["a dialog: "]);
  await other.close();
});

test("a version that is loading opens on no other view, and once however often it is asked for", async () => {
  await toUser();
  const version = page.getByRole("button", { name: "Version 1", exact: true });
  await version.waitFor();
  const { promise: isLeft, resolve: leave } = Promise.withResolvers<void>();
  await page.route("**/state?*", async (route) => {
    await isLeft;
    await route.continue().catch(() => undefined);
  });
  await version.click();
  await goTo(page, "#/server");
  await page.getByRole("heading", { name: "Server", level: 1 }).waitFor();
  leave();
  await delay(ASKED_MS);
  assert.equal(await page.getByRole("dialog").count(), 0);
  await toUser();
  await version.evaluate((button: { click: () => void }) => {
    button.click();
    button.click();
  });
  await page
    .getByRole("dialog", { name: "Version 1" })
    .getByRole("row", { name: /^title/ })
    .waitFor();
  assert.equal(await page.getByRole("dialog").count(), 1);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await page.unroute("**/state?*");
});

test("restoring a multi-valued attribute names each value with what distinguishes it", async () => {
  const emails = [
    { type: "work", value: "work@example.com", primary: true },
    { type: "home", value: "home@example.com", display: "Home" },
  ];
  const user = await create("Users", { schemas: [CORE], userName: "two.addresses@example.com", emails });
  const changed = emails.map((email) => ({ ...email, primary: email.type === "home" }));
  await client.patch(`/Users/${user}`, [{ op: "replace", path: "emails", value: changed }]);
  await toUser(user);
  await page.getByRole("button", { name: "Version 1", exact: true }).click();
  const changes = page.getByRole("dialog", { name: "Version 1" }).getByRole("row", { name: /^emails/ });
  await changes.waitFor();
  assert.deepEqual(await changes.locator("li").allTextContents(), [
    "− work: work@example.com (not primary)",
    "− home: Home (home@example.com, primary)",
    "+ work: work@example.com (primary)",
    "+ home: Home (home@example.com)",
  ]);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
});

test("deleted users are listed, however many groups were deleted later; older ones are loaded once", async () => {
  const user = await create("Users", { schemas: [CORE], userName: "long.gone@example.com" });
  await client.delete(`/Users/${user}`);
  for (let number = 0; number < 101; number++) {
    const schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
    const group = await create("Groups", { schemas, displayName: `Gone ${number}` });
    await client.delete(`/Groups/${group}`);
  }
  await goTo(page, "#/endpoints/default/Users?deleted=1");
  const deleted = (name: string) => page.getByRole("list", { name: `Deleted ${name}` });
  await deleted("users").getByRole("link", { name: "long.gone@example.com" }).waitFor();
  await goTo(page, "#/endpoints/default/Groups?deleted=1");
  await deleted("groups").getByRole("link", { name: "Gone 100", exact: true }).waitFor();
  const gone = deleted("groups").getByRole("link", { name: "Gone 0", exact: true });
  assert.equal(await gone.count(), 0);
  await page.getByRole("button", { name: /^Load/ }).evaluate((button: { click: () => void }) => {
    button.click();
    button.click();
  });
  await gone.waitFor();
  await delay(ASKED_MS);
  assert.equal(await deleted("groups").getByRole("link").count(), 101);
});

test("an older history is loaded, each entry once", async () => {
  const user = await create("Users", { schemas: [CORE], userName: "often@example.com" });
  for (let number = 0; number < 60; number++) {
    await client.patch(`/Users/${user}`, [{ op: "add", path: "title", value: `Title ${number}` }]);
  }
  await toUser(user);
  const history = page.getByRole("region", { name: /^History/ });
  await history.getByText("Title 59").first().waitFor();
  assert.equal(await history.getByText("created often@example.com").count(), 0);
  await history.getByRole("button", { name: "Load older" }).evaluate((button: { click: () => void }) => {
    button.click();
    button.click();
  });
  await history.getByText("created often@example.com").waitFor();
  await delay(ASKED_MS);
  assert.equal(await history.getByRole("button", { name: /^Version/ }).count(), 61);
});

test("a manager is a link to their page, and an unknown ID is none", async () => {
  const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
  const boss = await create("Users", { schemas: [CORE], userName: "boss@example.com", displayName: "Bo Boss" });
  const attributes = page.getByRole("region", { name: "Attributes" });
  for (const [userName, value] of [
    ["stray@example.com", "nobody-has-this"],
    ["led@example.com", boss],
  ] as const) {
    const led = await create("Users", { schemas: [CORE, ENTERPRISE], userName, [ENTERPRISE]: { manager: { value } } });
    await toUser(led);
    await attributes.getByText(userName).waitFor();
    await attributes.getByText(value === boss ? "Bo Boss" : value).waitFor();
    assert.equal(await attributes.getByRole("link").count(), value === boss ? 1 : 0);
  }
  await attributes.getByRole("link", { name: "Bo Boss" }).click();
  await page.getByRole("heading", { name: "Bo Boss", level: 1 }).waitFor();
});

test("a newer version of the server is announced, with a link to its changes", async () => {
  await page.route("**/api/version", async (route) => {
    const answer = await (await route.fetch()).json();
    await route.fulfill({ json: { ...answer, newerVersion: "99.0.0" } });
  });
  await goTo(page, "#/server");
  await page.reload();
  await page.getByText("SCIMTool 99.0.0 is available.").getByRole("link", { name: "See what changes" }).waitFor();
  await page.unroute("**/api/version");
  await page.reload();
  await page.getByText("Node.js", { exact: true }).waitFor();
  assert.equal(await page.getByText("is available").count(), 0);
});
