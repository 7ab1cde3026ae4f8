import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../../server/src/testing/application.ts";
import { goTo, signIn, startPage } from "./page.ts";

const VIEWER_SECRET = "test-viewer-secret";

/** By then an answer has been shown. */
const LATE_MS = 300;

const server = await startApplication({ viewerSecret: VIEWER_SECRET });
await server.client.post("/Users", {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  userName: "anna@example.com",
});
const { page } = await startPage(server, { isSignedIn: false });

const field = () => page.getByLabel("Admin or viewer secret");
const submit = () => page.getByRole("button", { name: "Sign in", exact: true });
const alert = () => page.getByRole("alert");

async function signOut(): Promise<void> {
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await field().waitFor();
}

test("signed out, the form has the focus, fits any width, and password managers recognise it", async () => {
  await page.locator("input[name=password]:focus").waitFor();
  assert.equal(await field().getAttribute("autocomplete"), "current-password");
  assert.equal(await page.getByRole("navigation").count(), 0);
  for (const width of [320, 768, 1280]) {
    await page.setViewportSize({ width, height: 720 });
    await assertFits(page);
  }
});

test("a wrong secret and a SCIM secret are reported, and can be corrected at once", async () => {
  await field().fill("guessed");
  await field().press("Enter");
  await alert().getByText("This secret is wrong.").waitFor();
  await page.getByRole("button", { name: "Show the secret" }).click();
  assert.equal(await field().getAttribute("type"), "text");
  await page.getByRole("button", { name: "Hide the secret" }).click();
  await field().fill(TEST_SECRET);
  await submit().click();
  await alert().getByText("This secret does not open this page.").waitFor();
});

test("a server that is not ready says when to try again", async () => {
  await page.route("**/api/session", (route) =>
    route.fulfill({
      status: 503,
      headers: { "retry-after": "2" },
      contentType: "application/problem+json",
      json: { status: 503, detail: "This server is starting." },
    }),
  );
  await submit().click();
  await alert().getByText("The server is not ready yet: This server is starting. Try again in 2 s.").waitFor();
  await page.unroute("**/api/session");
});

test("a browser that does not keep the session is told so", async () => {
  await page.route("**/api/session", (route) =>
    route.request().method() === "POST" ? route.fulfill({ json: { role: "admin" } }) : route.continue(),
  );
  await field().fill(TEST_ADMIN_SECRET);
  await submit().click();
  await alert().getByText("the browser did not keep the session").waitFor();
  await page.unroute("**/api/session");
});

test("a viewer sees everything and is offered no change", async () => {
  await signIn(page, VIEWER_SECRET);
  await page.getByRole("button", { name: "Account: Viewer" }).waitFor();
  await page.getByRole("row", { name: /created anna@example.com/ }).click();
  const panel = page.getByRole("dialog", { name: "Exchange" });
  await panel.getByRole("button", { name: "Copy as curl" }).waitFor();
  assert.equal(await panel.getByRole("button", { name: /^Replay/ }).count(), 0);
  await panel.getByRole("link", { name: "anna@example.com" }).click();
  await page.getByRole("heading", { name: "anna@example.com", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Version 1" }).waitFor();
  for (const name of ["Edit", "Delete"]) assert.equal(await page.getByRole("button", { name }).count(), 0, name);
});

test("after signing out and in, people are where they were", async () => {
  await signOut();
  await signIn(page, TEST_ADMIN_SECRET);
  await page.getByRole("heading", { name: "anna@example.com", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Delete" }).waitFor();
  await page.getByRole("button", { name: "Account: Administrator" }).waitFor();
});

test("a session that ended elsewhere is reported once, and the place stays", async () => {
  await goTo(page, "#/server");
  await page.getByRole("heading", { name: "Server", level: 1 }).waitFor();
  await page.context().clearCookies();
  await page.getByRole("navigation").getByRole("link", { name: "Groups" }).click();
  await page.getByText("You were signed out. Sign in again to continue.").waitFor();
  assert.equal(await page.getByText("You were signed out.").count(), 1);
  await signIn(page, TEST_ADMIN_SECRET);
  await page.getByRole("heading", { name: "Groups", level: 1 }).waitFor();
});

test("an answer of an earlier session ends no later one", async () => {
  const { promise: isLate, resolve: answerLate } = Promise.withResolvers<void>();
  await page.route(
    "**/api/version",
    async (route) => {
      await isLate;
      await route.fulfill({ status: 401, json: { detail: "Sign in." } }).catch(() => undefined);
    },
    { times: 1 },
  );
  await goTo(page, "#/server");
  await signOut();
  await page.locator("input[name=password]:focus").waitFor();
  await field().fill("typed");
  answerLate();
  await delay(LATE_MS);
  assert.equal(await field().inputValue(), "typed");
  assert.equal(await page.getByText("You were signed out.").count(), 0);
  await signIn(page, TEST_ADMIN_SECRET);
  await page.getByText("Node.js", { exact: true }).waitFor();
  assert.equal(await page.getByText("You were signed out.").count(), 0);
});

test("who signs in twice by a double click is signed in once, at the heading", async () => {
  await signOut();
  await field().fill(TEST_ADMIN_SECRET);
  let requests = 0;
  await page.route("**/api/session", async (route) => {
    if (route.request().method() === "POST") requests++;
    await delay(LATE_MS);
    await route.continue();
  });
  await submit().dblclick();
  await page.locator("h1:focus", { hasText: "Server" }).waitFor();
  assert.equal(requests, 1);
  await page.unroute("**/api/session");
});

test("too many wrong secrets are reported with when to try again", async () => {
  await signOut();
  const anybody = server.connect(undefined);
  for (let time = 0; time < 12; time++) {
    await anybody.post("/api/session", { secret: `guess ${time}` }, { "content-type": "application/json" });
  }
  await field().fill("another guess");
  await submit().click();
  await page.getByText(/Too many wrong secrets\. Try again in \d+ s\./).waitFor();
});
