import assert from "node:assert/strict";
import { before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication, TEST_ADMIN_SECRET } from "../../server/src/testing/application.ts";
import { goTo, openWeb, signIn, startPage } from "./page.ts";

const HOSTILE = '<img src=x onerror=alert(1)>"><script>alert(2)</script>';

const server = await startApplication();
const { client } = server;
await create("joy@example.com");
const { browser, page } = await startPage(server);

function create(userName: string, more: object = {}) {
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  return client.post("/Users", { schemas, userName, ...more });
}

const row = (text: string | RegExp) => page.getByRole("table").getByRole("row").filter({ hasText: text });
const panel = () => page.getByRole("dialog", { name: "Exchange" });
const live = (of = page) => of.getByRole("status").getByText("Live", { exact: true }).waitFor();
const banner = (text: string) => page.getByRole("alert").getByText(text);

before(async () => {
  await live();
});

test("a server that is not ready is reported once, and the feed comes back by itself", async () => {
  const starting = { status: 503, json: { detail: "The server is starting." } };
  await page.route(/\/(?:api\/|readyz)/, (route) => route.fulfill(starting));
  await page.getByLabel("Kind").selectOption("Users created");
  await banner("The server is starting.").waitFor();
  assert.equal(await page.getByText("The server is starting.").count(), 1);
  assert.equal(await page.getByText("Live", { exact: true }).count(), 0);
  await page.unroute(/\/(?:api\/|readyz)/);
  await banner("The server is starting.").waitFor({ state: "hidden" });
  await live();
  await create("after.failure@example.com");
  await row("created after.failure@example.com").waitFor();
});

test("an answer of a proxy is reported as such, and the feed comes back", async () => {
  await page.route(/\/(?:api\/|readyz)/, (route) => route.fulfill({ contentType: "text/html", body: "<p>Pay!</p>" }));
  await page.getByLabel("Kind").selectOption("Users changed");
  await page.getByRole("alert").getByText("Something other than this server answered.").waitFor();
  await page.unroute(/\/(?:api\/|readyz)/);
  await page.getByRole("button", { name: "Try now" }).click();
  await live();
  await page.getByRole("button", { name: "Clear", exact: true }).click();
});

test("when the network is back, the page asks again at once", async () => {
  const other = await openWeb(browser, server.origin);
  await other.page.clock.install();
  await signIn(other.page, TEST_ADMIN_SECRET);
  await live(other.page);
  await other.page.route(/\/(?:api\/|readyz)/, (route) => route.abort());
  // It would try again by itself, but in this page time stands still.
  await other.page.clock.pauseAt(Date.now() + 60_000);
  await other.page.getByLabel("Kind").selectOption("Users created");
  await other.page.getByText("The server isn't responding.").waitFor();
  await other.page.unroute(/\/(?:api\/|readyz)/);
  await delay(500);
  await other.page.getByText("The server isn't responding.").waitFor();
  await other.page.evaluate("dispatchEvent(new Event('online'))");
  await live(other.page);
  await other.page.getByRole("row", { name: /created joy/ }).waitFor();
  await other.close();
});

test("a list that cannot be read shows no number, and comes back", async () => {
  await goTo(page, "#/endpoints/default/Users");
  await page.getByRole("table", { name: "Users" }).getByRole("link", { name: "joy@example.com" }).waitFor();
  await page.route("**/scim/v2/Users?*", (route) => route.fulfill({ status: 500, json: { detail: "Not now." } }));
  await page.getByLabel("Search users").fill("joy");
  await page.getByRole("alert").getByText("Not now.").waitFor();
  assert.equal(await page.getByText("1 found").count(), 0);
  await page.unroute("**/scim/v2/Users?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("1 found").waitFor();
  await goTo(page, "#/");
});

test("what administrators change is shown with each setting before and after, and no secret", async () => {
  const { admin } = server;
  const made = await admin.post("/api/endpoints/default/credentials", { kind: "token", label: HOSTILE });
  await admin.send("PATCH", `/api/endpoints/default/credentials/${made.body.key}`, { body: { scopes: ["read"] } });
  await row("An administrator changed the scopes of the token").click();
  const scopes = panel().getByRole("row", { name: /scopes/ });
  assert.match((await scopes.textContent()) ?? "", /^scopesread, writeread$/);
  await page.keyboard.press("Escape");
  await row(`An administrator created the token "${HOSTILE}"`).click();
  await panel()
    .getByText(/secret/)
    .first()
    .waitFor();
  assert.equal(await panel().getByRole("button", { name: "Replay…" }).count(), 0);
  assert.equal(await panel().getByText(made.body.secret).count(), 0);
  await page.keyboard.press("Escape");
});

test("a diagnosis names the endpoint's setting that helps, and leads to it", async () => {
  await create("gone@example.com", { active: false });
  await create("gone@example.com");
  await row("the userName is taken by gone@example.com").click();
  await panel().getByText("In the endpoint's settings: recreate").waitFor();
  await panel().getByRole("link", { name: "Open settings" }).first().click();
  await page.getByLabel("Creating a deactivated user again").waitFor();
});

test("trouble with the storage is explained, and fits a phone", async () => {
  await page.route("**/api/backup/status", async (route) => {
    const status = await (await route.fetch()).json();
    const trouble = {
      mode: "azure-blob",
      role: "primary",
      durability: { configured: "semi-sync", inForce: "async" },
      lag: { ms: 95_000, commits: 12, bytes: 9_000, exceedsLossWindow: true },
      lastBackupSucceeded: false,
      lastError: "The container does not answer.",
    };
    await route.fulfill({ json: { ...status, ...trouble } });
  });
  await page.setViewportSize({ width: 390, height: 800 });
  await goTo(page, "#/storage");
  await page.reload();
  await page.getByText("Needs attention").first().waitFor();
  await page.getByText("The backup is 2 min behind (12 commits).").waitFor();
  await page.getByText("Durability is async instead of semi-sync").waitFor();
  await page.getByText("The last backup failed: The container does not answer.").waitFor();
  await assertFits(page);
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.unroute("**/api/backup/status");
});

test("when the session ends while an exchange is open, the place stays and nothing is reported twice", async () => {
  await goTo(page, "#/");
  await row("created joy@example.com").click();
  await panel().locator("h2").waitFor();
  const address = page.url();
  await page.context().clearCookies();
  await panel().getByRole("button", { name: "Copy as curl" }).click();
  await page.getByText("You were signed out. Sign in again to continue.").waitFor();
  assert.equal(await page.getByRole("alert").filter({ hasText: /\S/ }).count(), 1);
  assert.equal(page.url(), address);
  await signIn(page, TEST_ADMIN_SECRET);
  await panel().locator("h2").waitFor();
});
