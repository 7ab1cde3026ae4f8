import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, Page, Route } from "playwright-core";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { clientOf } from "../../testing/client.ts";
import { assertFits, type OpenPage, openPage, signIn, startBrowser } from "./testing/browser.ts";

const VIEWER_SECRET = "test-viewer-secret";

const server = await startApplication({ viewerSecret: VIEWER_SECRET });
let browser: Browser;
let opened: OpenPage;
let page: Page;
before(async () => {
  browser = await startBrowser();
  opened = await openPage(browser, server.origin, { permissions: ["clipboard-read", "clipboard-write"] });
  page = opened.page;
});
after(async () => {
  await browser?.close();
  await server.close();
});

/** By then the page has done what an answer makes it do. */
const HELD_MS = 300;

/** Holds back the next requests for the endpoints. Each function lets one of them go on, once that was asked. */
async function holdBack(times: number, goOn: (route: Route) => Promise<void>): Promise<(() => Promise<void>)[]> {
  const held: (() => Promise<void>)[] = [];
  const hold = async (route: Route) => {
    if (held.length === times) return route.fallback();
    const { promise, resolve } = Promise.withResolvers<void>();
    held.push(async () => {
      resolve();
      await delay(HELD_MS);
    });
    await promise;
    await goOn(route);
  };
  await page.route("**/api/endpoints", hold);
  return held;
}

async function waitUntil(isSo: () => boolean): Promise<void> {
  for (let looks = 0; !isSo(); looks++) {
    assert.ok(looks < 1_000);
    await delay(20);
  }
}

const secretField = () => page.getByLabel("Administration secret", { exact: true });

test("signed out, the page says how to connect and copies it, and shows nothing of what happens", async () => {
  await page.getByText("Tenant URL for Microsoft Entra ID").waitFor();
  await page.getByRole("button", { name: `Copy ${server.origin}/scim/v2`, exact: true }).click();
  await page.getByText("Copied").first().waitFor();
  assert.equal(await page.evaluate("navigator.clipboard.readText()"), `${server.origin}/scim/v2`);
  assert.equal(await page.getByRole("navigation").count(), 0);
  assert.equal(await secretField().getAttribute("autocomplete"), "current-password");
});

test("signed out, nothing is wider than the window, however narrow that is", async () => {
  const size = page.viewportSize() ?? { width: 1280, height: 720 };
  for (const width of [320, 768, 1280]) {
    await page.setViewportSize({ ...size, width });
    await assertFits(page);
  }
  await page.setViewportSize(size);
});

test("a wrong secret is told, and can be typed again at once", async () => {
  await secretField().fill("guessed");
  await secretField().press("Enter");
  await page.getByRole("alert").getByText("That secret does not open this page.").waitFor();
  await page.getByRole("button", { name: "Show the secret" }).click();
  assert.equal(await secretField().getAttribute("type"), "text");
});

test("a server that is not ready yet is told, with when to try again", async () => {
  const problem = { status: 503, detail: "This server is starting." };
  await page.route("**/api/session", (route) =>
    route.fulfill({
      status: 503,
      headers: { "retry-after": "2" },
      contentType: "application/problem+json",
      json: problem,
    }),
  );
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The server is not ready yet: This server is starting. Try again in 2 s.").waitFor();
  await page.unroute("**/api/session");
});

test("a browser that does not keep the session is told of", async () => {
  await page.route("**/api/session", (route) =>
    route.request().method() === "POST" ? route.fulfill({ json: { role: "admin" } }) : route.continue(),
  );
  await secretField().fill(TEST_ADMIN_SECRET);
  await secretField().press("Enter");
  await page.getByRole("alert").getByText("the browser did not keep the session").waitFor();
  await page.unroute("**/api/session");
});

test("a viewer sees everything and is offered no change", async () => {
  await server.client.post("/Users", {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName: "anna@example.com",
  });
  await signIn(page, VIEWER_SECRET);
  await page.getByText("viewer", { exact: true }).waitFor();
  await page.locator(".row", { hasText: "created anna@example.com" }).click();
  await page.getByRole("button", { name: "Copy as curl" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Replay" }).count(), 0);
  await page.getByRole("dialog").getByRole("link", { name: "anna@example.com" }).click();
  await page.getByRole("heading", { name: "anna@example.com active" }).waitFor();
  await page.getByRole("button", { name: "Version 1" }).waitFor();
  for (const name of ["Edit", "Delete"]) assert.equal(await page.getByRole("button", { name }).count(), 0, name);
});

test("who signs out has to sign in again; where one was, one comes back to", async () => {
  await page.getByRole("button", { name: "Sign out" }).click();
  await secretField().waitFor();
  await signIn(page, TEST_ADMIN_SECRET);
  await page.getByRole("button", { name: "Delete" }).waitFor();
  await page.getByText("administrator", { exact: true }).waitFor();
});

test("whoever signed out has the secret at hand, and whoever signed in the heading", async () => {
  await page.goto(`${server.origin}/#/server`);
  await page.getByRole("button", { name: "Sign out" }).press("Enter");
  await page.locator("#secret:focus").waitFor();
  await signIn(page, TEST_ADMIN_SECRET);
  await page.locator("h1:focus", { hasText: "Server" }).waitFor();
});

test("an answer of a session that is over ends no other, and takes away nothing that was typed", async () => {
  await page.goto(`${server.origin}/#/`);
  const held = await holdBack(2, (route) => route.fulfill({ status: 401, json: { detail: "Sign in." } }));
  for (const name of ["Users", "Server", "Activity"]) await page.getByRole("link", { name }).first().click();
  await waitUntil(() => held.length === 2);
  await page.getByRole("button", { name: "Sign out" }).click();
  await secretField().fill("typed");
  await held[0]?.();
  assert.equal(await secretField().inputValue(), "typed");
  assert.equal(await page.locator("#sign-in-message").textContent(), "");
  await signIn(page, TEST_ADMIN_SECRET);
  await held[1]?.();
  await page.unroute("**/api/endpoints");
  await page.getByRole("heading", { name: "Activity" }).waitFor({ state: "attached" });
});

test("who presses the button again while the page begins has it once", async () => {
  await page.getByRole("button", { name: "Sign out" }).click();
  const held = await holdBack(1, (route) => route.continue());
  await secretField().fill(TEST_ADMIN_SECRET);
  await secretField().press("Enter");
  await waitUntil(() => held.length === 1);
  await page.evaluate("document.querySelector('form [type=submit]').click()");
  await delay(HELD_MS);
  await held[0]?.();
  await page.unroute("**/api/endpoints");
  await page.locator(".row-link", { hasText: "created anna@example.com" }).click();
  await page.getByRole("button", { name: "Copy as curl" }).waitFor();
  assert.equal(await page.locator("dialog.panel").count(), 1);
  await page.keyboard.press("Escape");
  await page.waitForURL(`${server.origin}/#/`);
});

test("a session that ended elsewhere is told with the next request", async () => {
  await page.context().clearCookies();
  await page.getByRole("navigation").getByRole("link", { name: "Groups" }).click();
  await page.getByText("You were signed out. Sign in again to go on.").waitFor();
  assert.equal(await page.getByRole("navigation").count(), 0);
});

test("too many wrong secrets are told, with when to try again", async () => {
  const anybody = clientOf(server.origin, undefined);
  for (let time = 0; time < 12; time++) {
    await anybody.post("/api/session", { secret: `guess ${time}` }, { "content-type": "application/json" });
  }
  anybody.close();
  await secretField().fill("another guess");
  await secretField().press("Enter");
  await page.getByText(/Too many attempts\. Try again in \d+ s\./).waitFor();
});

test("the browser had nothing to complain of, and asked nobody else", () => {
  assert.deepEqual(opened.complaints, []);
});
