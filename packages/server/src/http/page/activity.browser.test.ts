import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, Page, Route } from "playwright-core";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { clientOf } from "../../testing/client.ts";
import { type OpenPage, openPage, signIn, startBrowser } from "./testing/browser.ts";

const ENTRA = { "user-agent": "AzureAD-Prov/1.0 (Microsoft.Azure.SyncFabric)" };
const HOSTILE = '<img src=x onerror=alert(1)>"><script>alert(2)</script>';

/** By then an exchange has been recorded. */
const RECORDED_MS = 500;

/** By then what was typed has been followed. */
const TYPED_MS = 500;

const server = await startApplication();
const { client } = server;
let browser: Browser;
let opened: OpenPage;
let page: Page;
before(async () => {
  browser = await startBrowser();
  opened = await openPage(browser, server.origin, { permissions: ["clipboard-read", "clipboard-write"] });
  page = opened.page;
  await signIn(page, TEST_ADMIN_SECRET);
});
after(async () => {
  await browser?.close();
  await server.close();
});

function create(userName: string, displayName = userName) {
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  return client.post("/Users", { schemas, userName, displayName }, ENTRA);
}

function testConnection() {
  return client.get(`/Users?filter=userName%20eq%20%22${crypto.randomUUID()}%22`, ENTRA);
}

const row = (text: string) => page.locator(".feed .row", { hasText: text });
const panel = () => page.getByRole("dialog", { name: "Exchange" });
const clipboard = () => page.evaluate("navigator.clipboard.readText()") as Promise<string>;

test("before anything happened, the feed says how to make something happen", async () => {
  await page.getByText("Nothing has happened yet").waitFor();
  await page.locator(".empty").getByText(`npm run demo -- --url ${server.origin}`, { exact: true }).waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
});

test("what happens is shown as it happens, the newest first, and markup in it is text", async () => {
  await create("joy@example.com", "Joy Young");
  await row("Entra ID created Joy Young").waitFor();
  // Isolated, as names are that are read from right to left.
  await row("Entra ID created Joy Young").locator("strong > bdi").getByText("Joy Young").waitFor();
  await create("hostile@example.com", HOSTILE);
  await row(`Entra ID created ${HOSTILE}`).waitFor();
  await page.locator(".feed .row").first().getByText(HOSTILE).waitFor();
  assert.equal(await page.locator(".feed img, .feed script").count(), 0);
  await page.getByText("2 exchanges", { exact: true }).waitFor();
});

test("connection tests are counted in one line", async () => {
  for (let time = 0; time < 3; time++) await testConnection();
  await page.getByText(/^Entra ID tested the connection \(3 times since \d\d:\d\d\)$/).waitFor();
  assert.equal(await row("tested the connection").count(), 0);
});

test("a failure has its sign, and opens by keys with the whole diagnosis", async () => {
  await create("joy@example.com", "Joy Young again");
  const failure = row("the userName is taken by Joy Young");
  await failure.waitFor();
  await failure.locator(".sign").getByText("Error:").waitFor();
  await page.locator("body").press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await panel().getByRole("heading", { name: "Why it failed" }).waitFor();
  await panel().getByText('POST /Users, to create the user "joy@example.com"').waitFor();
  assert.equal(
    await panel().getByRole("link", { name: "RFC 7644 §3.3" }).getAttribute("href"),
    "https://www.rfc-editor.org/rfc/rfc7644#section-3.3",
  );
  await panel().getByText("At the identity provider").first().waitFor();
  await panel().getByText('"detail"').waitFor();
});

test("an exchange can be gone on from, copied as curl, and linked to", async () => {
  await panel().getByRole("button", { name: "Copy as curl" }).click();
  await page.getByText("Copied").first().waitFor();
  assert.match(await clipboard(), /curl[\s\S]*\$SCIM_TOKEN/);
  const address = page.url();
  await page.keyboard.press("j");
  await panel()
    .getByRole("heading", { name: `Entra ID created ${HOSTILE}` })
    .waitFor();
  assert.equal(await panel().locator("img, script").count(), 0);
  await page.keyboard.press("f");
  await page.keyboard.press("Escape");
  await panel().waitFor({ state: "hidden" });
  await page.waitForURL(`${server.origin}/#/`);
  await page.getByRole("button", { name: "Failures", pressed: false }).waitFor();
  await page.goto(address);
  await panel().getByRole("heading", { name: "Why it failed" }).waitFor();
  await page.keyboard.press("Escape");
  await panel().waitFor({ state: "hidden" });
});

test("a change is shown before and after, with what was tolerated", async () => {
  const { body } = await client.get('/Users?filter=userName eq "joy@example.com"'.replaceAll(" ", "%20"));
  const operations = [
    { op: "Add", path: "title", value: "Engineer" },
    { op: "Replace", path: "active", value: "False" },
  ];
  await client.patch(`/Users/${body.Resources[0].id}`, operations, ENTRA);
  await row("Entra ID deactivated Joy Young").click();
  await panel().getByRole("row", { name: "title before: – after: Engineer" }).waitFor();
  await panel().getByText("string-boolean").waitFor();
  await panel()
    .getByText(/^waited its turn \d/)
    .waitFor();
  await panel()
    .getByText(/^database \d/)
    .waitFor();
});

test("a request is sent again after a question, as an administrator", async () => {
  await panel().getByRole("button", { name: "Replay" }).click();
  const question = page.getByRole("dialog", { name: "Send this request again?" });
  await question.getByRole("button", { name: "Cancel" }).click();
  await panel().getByRole("button", { name: "Replay" }).click();
  await question.getByRole("button", { name: "Send again" }).click();
  const answer = page.getByRole("dialog", { name: "Answered 200 OK" });
  await answer.getByRole("link", { name: "Show the exchange" }).click();
  await panel()
    .getByRole("heading", { name: /administrator/i })
    .waitFor();
  await page.keyboard.press("Escape");
  await panel().waitFor({ state: "hidden" });
  await page.waitForURL(`${server.origin}/#/`);
});

test("failures, kinds and words choose what is shown, and the address keeps the choice", async () => {
  await page.goto(`${server.origin}/#/`);
  await page.locator("body").press("f");
  await page.getByText("1 exchange found").waitFor();
  assert.equal(await page.locator(".feed .row").count(), 1);
  await page.reload();
  await page.getByText("1 exchange found").waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByLabel("What", { exact: true }).selectOption("Users activated or deactivated");
  await row("Entra ID deactivated").waitFor();
  await row("created").first().waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Clear" }).click();
  await page.locator("body").press("/");
  await page.keyboard.type("nothing like this");
  await page.getByText("Nothing matches").waitFor();
  await create("not.shown@example.com");
  // Browsers clear a field for searching with it.
  await page.keyboard.press("Escape");
  await row("created not.shown@example.com").waitFor();
});

test("whoever has typed and goes on at once is not called back", async () => {
  await page.goto(`${server.origin}/#/`);
  const search = page.getByLabel("Search", { exact: true });
  await search.fill("joy");
  await row("created Joy Young").click();
  await panel().getByRole("heading", { name: "created Joy Young" }).waitFor();
  await delay(TYPED_MS);
  assert.equal(await panel().isVisible(), true);
  await page.keyboard.press("Escape");
  await page.waitForURL(`${server.origin}/#/?q=joy`);
  await search.fill("");
  await page.evaluate("location.hash = '#/server'");
  await page.getByRole("heading", { name: "Server", level: 1 }).waitFor();
  await delay(TYPED_MS);
  assert.equal(page.url(), `${server.origin}/#/server`);
  await page.goto(`${server.origin}/#/`);
});

test("while the reader pauses, what is new waits; older exchanges are loaded when they are asked for", async () => {
  for (let number = 0; number < 55; number++) await create(`user.${number}@example.com`);
  await row("created user.54@example.com").waitFor();
  await page.reload();
  await row("created user.54@example.com").waitFor();
  assert.equal(await row("created Joy Young").count(), 0);
  await page.getByRole("button", { name: "Load older" }).click();
  await row("created Joy Young").waitFor();
  await page.locator("p:focus", { hasText: "That is all." }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await create("waiting@example.com");
  await page.getByRole("button", { name: "1 new" }).waitFor();
  assert.equal(await row("waiting@example.com").count(), 0);
  await page.getByRole("button", { name: "Go on" }).click();
  await row("created waiting@example.com").waitFor();
});

test("a lost connection is shown, and what happened meanwhile is not missed", async () => {
  server.application.server.server.closeAllConnections();
  await page.getByText("Connection lost, trying again …").waitFor();
  await create("meanwhile@example.com");
  await row("created meanwhile@example.com").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  assert.equal(await row("created meanwhile@example.com").count(), 1);
});

test("where the server has no place for another live view, it is tried again", async () => {
  await page.route("**/api/live?*", (route) => route.fulfill({ status: 503, json: {} }), { times: 1 });
  await page.reload();
  await page.getByText("Connection lost, trying again …").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
});

test("a look-up that fails is told, and tried again until it succeeds", async () => {
  await page.goto(`${server.origin}/#/`);
  await page.getByText("Live", { exact: true }).waitFor();
  const refused = { status: 503, json: { detail: "The server is starting." } };
  await page.route("**/api/exchanges?*", (route) => route.fulfill(refused));
  await page.getByLabel("What", { exact: true }).selectOption("Users created");
  await page.getByRole("alert").getByText("The server is starting.").waitFor();
  await page.getByText("Connection lost, trying again …").waitFor();
  assert.equal(await page.locator(".feed-head .count").textContent(), "");
  await page.unroute("**/api/exchanges?*");
  await page.getByText("Live", { exact: true }).waitFor();
  await create("after.failure@example.com");
  await row("created after.failure@example.com").waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
});

test("what somebody else answered is told as such, and asked again", async () => {
  await page.route("**/api/exchanges?*", (route) => route.fulfill({ contentType: "text/html", body: "<p>Pay!</p>" }));
  await page.getByLabel("What", { exact: true }).selectOption("Users changed");
  await page.getByRole("alert").getByText("Something else than this server answered.").waitFor();
  await page.getByText("Connection lost, trying again …").waitFor();
  await page.unroute("**/api/exchanges?*");
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
});

test("when the network is back, a look-up that failed is tried again at once", async () => {
  const other = await openPage(browser, server.origin);
  await other.page.clock.install();
  await signIn(other.page, TEST_ADMIN_SECRET);
  await other.page.getByText("Live", { exact: true }).waitFor();
  await other.page.route("**/api/exchanges?*", (route) => route.abort());
  // It would be tried again by and by; in this page time stands still.
  await other.page.clock.pauseAt(Date.now() + 60_000);
  await other.page.getByLabel("What", { exact: true }).selectOption("Users created");
  await other.page.getByRole("alert").getByText("The server does not answer.").waitFor();
  await other.page.unroute("**/api/exchanges?*");
  await delay(RECORDED_MS);
  await other.page.getByText("Connection lost, trying again …").waitFor();
  await other.page.evaluate("dispatchEvent(new Event('online'))");
  await other.page.getByText("Live", { exact: true }).waitFor();
  await other.page.locator(".feed .row", { hasText: "created" }).first().waitFor();
  await other.close();
});

test("a choice that the server refuses is neither counted nor followed", async () => {
  await page.goto(`${server.origin}/#/?within=between&from=2026-02-01T00:00&to=2026-01-01T00:00`);
  await page.getByRole("button", { name: "Try again" }).waitFor();
  assert.equal(await page.locator(".feed-head").textContent(), "Pause");
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
});

test("what happens between two looks, and before the live view begins, is shown once", async () => {
  const creating = (userName: string) => async (route: Route) => {
    await create(userName);
    await delay(RECORDED_MS);
    await route.continue();
  };
  await page.route(/\/api\/exchanges\?.*limit=50/, creating("between@example.com"), { times: 1 });
  await page.route("**/api/live?*", creating("before.live@example.com"), { times: 1 });
  await page.reload();
  await page.getByText("Live", { exact: true }).waitFor();
  await create("afterwards@example.com");
  for (const name of ["afterwards", "before.live", "between"]) {
    await row(`created ${name}@example.com`).waitFor();
    assert.equal(await row(`created ${name}@example.com`).count(), 1);
  }
});

test("a body is shown and copied as it was sent, each number and each repeated name", async () => {
  const body =
    '{"active":true,"active":false,"employeeNo":12345678901234567890,"ratio":1.0,"huge":1e400,"no":[],"\\u0041":{"b":[{}]}}';
  await client.post("/Users", body, ENTRA);
  await page.locator(".feed .row.error").first().click();
  const request = panel().locator(".message-section").first();
  await request.getByText("employeeNo").waitFor();
  const laidOut = [
    "{",
    '  "active": true,',
    '  "active": false,',
    '  "employeeNo": 12345678901234567890,',
    '  "ratio": 1.0,',
    '  "huge": 1e400,',
    '  "no": [],',
    '  "\\u0041": {',
    '    "b": [',
    "      {}",
    "    ]",
    "  }",
    "}",
  ].join("\n");
  assert.equal(await request.locator("pre.code").last().textContent(), laidOut);
  await request.getByRole("button", { name: "Copy body" }).click();
  await page.getByText("Copied").first().waitFor();
  assert.equal(await clipboard(), body);
  await page.keyboard.press("Escape");
});

test("the line of a request is read without its percent signs, and a + of its path stays one", async () => {
  await client.get("/Users/one+two%20three?attributes=userName,+title", ENTRA);
  await page.locator(".feed .row", { hasText: "one+two" }).first().click();
  await panel().getByText("GET /Users/one+two three?attributes=userName, title", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
});

test("what administration changes is told with each setting before and after, and no secret", async () => {
  const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
  try {
    const made = await admin.post("/api/endpoints/default/credentials", { kind: "token", label: HOSTILE });
    const path = `/api/endpoints/default/credentials/${made.body.key}`;
    await admin.send("PATCH", path, { body: { scopes: ["read"] } });
    await row("An administrator changed the scopes of the token").click();
    const scopes = panel().getByRole("row", { name: "scopes" });
    await scopes.locator(".before", { hasText: /: read, write$/ }).waitFor();
    await scopes.locator(".after", { hasText: /: read$/ }).waitFor();
    await page.keyboard.press("Escape");
    await row(`An administrator created the token "${HOSTILE}"`).click();
    await panel().getByText("Not kept, as there may be a secret in it.").first().waitFor();
    assert.equal(await panel().getByRole("button", { name: "Replay" }).count(), 0);
    assert.equal(await panel().getByText(made.body.secret).count(), 0);
    await page.keyboard.press("Escape");
  } finally {
    admin.close();
  }
});

test("a diagnosis names the endpoint's setting that would help", async () => {
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  await client.post("/Users", { schemas, userName: "gone@example.com", active: false }, ENTRA);
  await create("gone@example.com");
  await row("the userName is taken by gone@example.com").click();
  await panel().getByText("In the endpoint's settings: recreate").waitFor();
  await page.keyboard.press("Escape");
});

test("after midnight, what was of today is of yesterday", async () => {
  const other = await openPage(browser, server.origin);
  await other.page.clock.install();
  await signIn(other.page, TEST_ADMIN_SECRET);
  const day = other.page.locator(".feed .day").first();
  await day.getByText("Today", { exact: true }).waitFor();
  await other.page.clock.fastForward("24:00:00");
  await day.getByText("Yesterday", { exact: true }).waitFor();
  await other.close();
});

test("where nothing is recorded, the page says so", async () => {
  const unrecorded = await startApplication({ recording: "off" });
  const other = await openPage(browser, unrecorded.origin);
  try {
    await signIn(other.page, TEST_ADMIN_SECRET);
    await other.page.getByText("Recording is off: what happens now is not shown here.").waitFor();
    await other.page.getByText("Nothing was recorded", { exact: true }).waitFor();
    assert.deepEqual(other.complaints, []);
  } finally {
    await other.page.close();
    await unrecorded.close();
  }
});

test("the browser had nothing to complain of, and asked nobody else", () => {
  assert.deepEqual(opened.complaints, []);
});
