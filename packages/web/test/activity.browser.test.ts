import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Route } from "playwright-core";
import { startApplication, TEST_ADMIN_SECRET } from "../../server/src/testing/application.ts";
import { goTo, openWeb, signIn, startPage, waitUntil } from "./page.ts";

const ENTRA = { "user-agent": "AzureAD-Prov/1.0 (Microsoft.Azure.SyncFabric)" };
const HOSTILE = '<img src=x onerror=alert(1)>"><script>alert(2)</script>';

/** By then an exchange has been recorded. */
const RECORDED_MS = 500;

const server = await startApplication();
const { client } = server;
await create("joy@example.com", "Joy Young");
const { browser, page } = await startPage(server, { context: { permissions: ["clipboard-read", "clipboard-write"] } });

function create(userName: string, displayName = userName) {
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  return client.post("/Users", { schemas, userName, displayName }, ENTRA);
}

const table = () => page.getByRole("table", { name: "Exchanges, newest first" });
const row = (text: string | RegExp) => table().getByRole("row").filter({ hasText: text });
const panel = () => page.getByRole("dialog", { name: "Exchange" });
const live = () => page.getByRole("status").getByText("Live", { exact: true }).waitFor();
const clipboard = () => page.evaluate("navigator.clipboard.readText()") as Promise<string>;
const press = (key: string) => page.locator("body").press(key);

async function clearFilters(): Promise<void> {
  await page.getByRole("button", { name: "Clear", exact: true }).click();
}

/** A failed test leaves no filter and no open exchange to the next one. */
afterEach(async (context) => {
  if (!("passed" in context) || context.passed) return;
  await page.goto(server.origin);
  await live();
});

before(async () => {
  await live();
});

test("what happens is shown as it happens, the newest first, and markup in it is text", async () => {
  await create("hostile@example.com", HOSTILE);
  await row(`Entra ID created ${HOSTILE}`).waitFor();
  // Isolated, because names may be read from right to left.
  await row("Entra ID created Joy Young").locator("strong > bdi").getByText("Joy Young").waitFor();
  assert.match((await table().getByRole("row").nth(1).textContent()) ?? "", /alert\(1\)/);
  assert.equal(await table().locator("img, script").count(), 0);
  await page.getByText("2 exchanges", { exact: true }).waitFor();
});

test("connection tests are counted in one sentence, and not among failures", async () => {
  for (let time = 0; time < 3; time++) {
    await client.get(`/Users?filter=userName%20eq%20%22${crypto.randomUUID()}%22`, ENTRA);
  }
  const tests = page.getByRole("list", { name: "Connection tests" });
  await tests.getByText(/^Entra ID tested the connection \(3 times since \d\d:\d\d\)$/).waitFor();
  assert.equal(await row("tested the connection").count(), 0);
  await press("f");
  await page.getByText("Nothing matches").waitFor();
  assert.equal(await tests.count(), 0);
  await press("f");
  await tests.waitFor();
});

test("a failure opens by keyboard with its diagnosis", async () => {
  await create("joy@example.com", "Joy Young again");
  await row("the userName is taken by Joy Young").getByLabel("Error").waitFor();
  await press("j");
  await page.locator('[data-row="0"]:focus').waitFor();
  await page.keyboard.press("ArrowDown");
  await page.locator('[data-row="1"]:focus').waitFor();
  await page.keyboard.press("ArrowUp");
  await page.locator('[data-row="0"]:focus').waitFor();
  await page.keyboard.press("Enter");
  await panel().getByRole("heading", { name: "Why it failed" }).waitFor();
  await panel().getByText('POST /Users, to create the user "joy@example.com"').waitFor();
  assert.equal(
    await panel().getByRole("link", { name: "RFC 7644 §3.3" }).getAttribute("href"),
    "https://www.rfc-editor.org/rfc/rfc7644#section-3.3",
  );
  await panel().getByText("At the identity provider").first().waitFor();
});

test("an exchange is copied as curl, linked to, stepped through and closed", async () => {
  await panel().getByRole("button", { name: "Copy as curl" }).click();
  await panel().getByRole("button", { name: "Copied" }).waitFor();
  assert.match(await clipboard(), /curl[\s\S]*\$SCIM_TOKEN/);
  const address = page.url();
  await page.keyboard.press("j");
  await panel()
    .getByRole("heading", { name: `Entra ID created ${HOSTILE}` })
    .waitFor();
  assert.equal(await panel().locator("img, script").count(), 0);
  await page.keyboard.press("Escape");
  await panel().waitFor({ state: "hidden" });
  await page.waitForURL(`${server.origin}/#/`);
  await page.goto(address);
  await panel().getByRole("heading", { name: "Why it failed" }).waitFor();
  await page.reload();
  await panel().getByRole("heading", { name: "Why it failed" }).waitFor();
  const id = new URL(address.replace("#/", "")).searchParams.get("exchange");
  await page.goto(`${server.origin}/#/exchanges/${id}`);
  await panel().getByRole("heading", { name: "Why it failed" }).waitFor();
  await panel().getByRole("button", { name: "Close" }).click();
  await panel().waitFor({ state: "hidden" });
});

test("closing an exchange leaves no step in the browser's history", async () => {
  await goTo(page, "#/server");
  await page.getByRole("heading", { name: "Server", level: 1 }).waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "Activity" }).click();
  await row("Entra ID created Joy Young").click();
  await panel().locator("h2").waitFor();
  await page.keyboard.press("k");
  await page.goBack();
  await panel().waitFor({ state: "hidden" });
  await live();
});

test("a change is shown before and after, with the tolerances and where the time went", async () => {
  const { body } = await client.get('/Users?filter=userName eq "joy@example.com"'.replaceAll(" ", "%20"));
  const operations = [
    { op: "Add", path: "title", value: "Engineer" },
    { op: "Replace", path: "active", value: "False" },
  ];
  await client.patch(`/Users/${body.Resources[0].id}`, operations, ENTRA);
  await row("Entra ID deactivated Joy Young").click();
  await panel().getByRole("row", { name: "title – Engineer" }).waitFor();
  await panel().getByText("string-boolean").waitFor();
  await panel()
    .getByText(/^queued \d/)
    .waitFor();
  await panel()
    .getByText(/^database \d/)
    .waitFor();
});

test("a request is sent again after a question, as an administrator", async () => {
  await panel().getByRole("button", { name: "Replay…" }).click();
  const question = page.getByRole("alertdialog", { name: "Send this request again?" });
  await question.getByText("really changes data").waitFor();
  await question.getByRole("button", { name: "Cancel" }).click();
  await panel().getByRole("button", { name: "Replay…" }).click();
  await question.getByRole("button", { name: "Send again" }).click();
  await page.getByRole("dialog", { name: "The server answered 200 OK" }).getByRole("link").click();
  await panel()
    .getByRole("heading", { name: /administrator/i, level: 2 })
    .waitFor();
  await panel().getByRole("button", { name: "Close" }).click();
});

test("a click on a value shows only its like, also from the panel", async () => {
  await table().getByRole("button", { name: "409" }).click();
  await page.getByText("1 exchange found").waitFor();
  await page.getByRole("button", { name: "Status: 409" }).click();
  await row("Entra ID created Joy Young").click();
  await panel().getByRole("button", { name: "POST" }).click();
  await page.getByRole("button", { name: "Method: POST" }).waitFor();
  await row("Entra ID deactivated").waitFor({ state: "detached" });
  await clearFilters();
});

test("failures, changes, kinds and words select what is shown, and the address keeps the choice", async () => {
  await client.get("/Users?startIndex=1&count=1", ENTRA);
  await press("f");
  await page.getByText("1 exchange found").waitFor();
  await page.reload();
  await page.getByText("1 exchange found").waitFor();
  await clearFilters();
  await press("c");
  await page.getByRole("button", { name: "Changes", pressed: true }).waitFor();
  await row("Entra ID created Joy Young").waitFor();
  assert.equal(await row("GET").count(), 0);
  await clearFilters();
  await page.getByLabel("Kind").selectOption("Users activated or deactivated");
  await row("Entra ID deactivated").waitFor();
  assert.equal(await row("created").count(), 0);
  await clearFilters();
  await press("/");
  await page.keyboard.type("nothing like this");
  await page.getByText("Nothing matches").waitFor();
  await page.getByLabel("Search", { exact: true }).press("Escape");
  await row("Entra ID created Joy Young").waitFor();
});

test("a bar of the chart shows only its time, and what is found is exported", async () => {
  await page
    .getByRole("figure", { name: "Requests over time" })
    .getByRole("button", { disabled: false })
    .last()
    .click();
  await page.getByRole("button", { name: /^From: 20/ }).waitFor();
  await row("Entra ID created Joy Young").waitFor();
  await clearFilters();
  await page.getByLabel("Kind").selectOption("Users created");
  await page.getByRole("button", { name: "Export" }).click();
  const href = await page.getByRole("menuitem", { name: /^CSV/ }).getAttribute("href");
  const csv = (await page.evaluate(`fetch(${JSON.stringify(href)}).then((answer) => answer.text())`)) as string;
  assert.match(csv, /created Joy Young/);
  assert.doesNotMatch(csv, /deactivated Joy Young/);
  await page.keyboard.press("Escape");
  await clearFilters();
});

test("a typed search is not lost or repeated when people go on at once", async () => {
  const search = page.getByLabel("Search", { exact: true });
  await search.fill("joy");
  await page.waitForURL(/q=joy/);
  await row("created Joy Young").click();
  await panel().getByRole("heading", { name: "created Joy Young" }).waitFor();
  await page.keyboard.press("Escape");
  await page.waitForURL(/q=joy$/);
  // The next view takes longer than the pause after which a search is followed.
  await page.route("**/storage-view-*.js", (route) => delay(RECORDED_MS).then(() => route.continue()), { times: 1 });
  await search.fill("other");
  await goTo(page, "#/storage");
  await page.getByRole("heading", { name: "Storage", level: 1 }).waitFor();
  await delay(RECORDED_MS);
  assert.match(page.url(), /#\/storage$/);
  await goTo(page, "#/");
});

test("people who type at once after closing an exchange keep the focus", async () => {
  await row("created Joy Young").click();
  await panel().getByRole("heading", { name: "created Joy Young" }).waitFor();
  await page.evaluate(`
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    document.querySelector("[aria-label=Search]").focus();
  `);
  await panel().waitFor({ state: "hidden" });
  await page.keyboard.type("joy");
  await page.waitForURL(/q=joy$/);
  await page.keyboard.press("Escape");
  await row("created Joy Young").click();
  await panel().getByRole("heading", { name: "created Joy Young" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("[data-row]:focus").waitFor();
});

test("while paused, new exchanges wait and nothing looks live; older ones come by scrolling", async () => {
  for (let number = 0; number < 120; number++) await create(`user.${number}@example.com`);
  await row("created user.119@example.com").waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("status").getByText("Paused").waitFor();
  assert.equal(await page.getByText("Live", { exact: true }).count(), 0);
  await create("waiting@example.com");
  await page.getByRole("button", { name: "1 new" }).waitFor();
  assert.equal(await row("waiting@example.com").count(), 0);
  await waitUntil(page, "document.title.startsWith('Activity')");
  await page.getByRole("button", { name: "Resume" }).click();
  await row("created waiting@example.com").waitFor();
  await page.reload();
  await row("created waiting@example.com").waitFor();
  for (let time = 0; time < 50 && (await row("Entra ID created Joy Young").count()) === 0; time++) {
    await table().evaluate((element: { scrollTo: (x: number, y: number) => void }) => element.scrollTo(0, 1e6));
    await delay(100);
  }
  await row("Entra ID created Joy Young").waitFor();
  await table().evaluate((element: { scrollTo: (x: number, y: number) => void }) => element.scrollTo(0, 0));
});

test("people who have scrolled keep their place", async () => {
  await table().evaluate((element: { scrollTo: (x: number, y: number) => void }) => element.scrollTo(0, 1_000));
  await create("above@example.com");
  await page.getByRole("button", { name: "1 new" }).click();
  await row("created above@example.com").waitFor();
});

test("a lost connection is shown, and nothing that happened meanwhile is missed", async () => {
  await live();
  server.application.server.server.closeAllConnections();
  await page.getByRole("status").getByText("Reconnecting…").waitFor();
  await create("meanwhile@example.com");
  await row("created meanwhile@example.com").waitFor();
  await live();
  assert.equal(await row("created meanwhile@example.com").count(), 1);
});

test("a refused stream is tried again", async () => {
  await page.route("**/api/live?*", (route) => route.fulfill({ status: 503, json: {} }), { times: 1 });
  await page.reload();
  await page.getByRole("status").getByText("Reconnecting…").waitFor();
  await live();
});

test("exchanges between two requests, and before the stream begins, are shown once", async () => {
  const creating = (userName: string) => async (route: Route) => {
    await create(userName);
    await delay(RECORDED_MS);
    await route.continue();
  };
  await page.route(/\/api\/exchanges\?.*limit=100/, creating("between@example.com"), { times: 1 });
  await page.route("**/api/live?*", creating("before.live@example.com"), { times: 1 });
  await page.reload();
  await live();
  await create("afterwards@example.com");
  for (const name of ["afterwards", "before.live", "between"]) {
    await row(`created ${name}@example.com`).first().waitFor();
    assert.equal(await row(`created ${name}@example.com`).count(), 1);
  }
});

test("an outage is reported once, and the feed comes back by itself", async () => {
  await page.route(/\/(?:api\/|readyz)/, (route) => route.abort());
  await page.getByLabel("Kind").selectOption("Users created");
  await page.getByText("The server isn't responding.").waitFor();
  assert.equal(await page.getByText("The server isn't responding.").count(), 1);
  await page.unroute(/\/(?:api\/|readyz)/);
  await page.getByRole("button", { name: "Try now" }).click();
  await page.getByText("The server isn't responding.").waitFor({ state: "hidden" });
  await live();
  await row("created afterwards@example.com").waitFor();
  await clearFilters();
});

test("a filter that the server refuses is explained and can be cleared", async () => {
  await goTo(page, "#/?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z");
  await page.getByRole("alert").getByText('"from" must be before "to".').waitFor();
  await clearFilters();
  await live();
});

test("a body is shown and copied as it was sent, with all digits and repeated names", async () => {
  const body =
    '{"active":true,"active":false,"employeeNo":12345678901234567890,"ratio":1.0,"huge":1e400,"no":[],"\\u0041":{"b":[{}]}}';
  await client.post("/Users", body, ENTRA);
  await table()
    .getByRole("row")
    .filter({ has: page.getByRole("button", { name: "400", exact: true }) })
    .first()
    .locator("[data-row]")
    .click();
  const request = panel().getByRole("region", { name: "Request" });
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
  assert.equal(await request.locator("pre").last().textContent(), laidOut);
  await request.getByRole("button", { name: "Show as sent" }).click();
  assert.equal(await request.locator("pre").last().textContent(), body);
  await request.getByRole("button", { name: "Copy body" }).click();
  await request.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await clipboard(), body);
  await page.keyboard.press("Escape");
});

test("the line of a request is read without percent signs, and a + of its path stays", async () => {
  await client.get("/Users/one+two%20three?attributes=userName,+title", ENTRA);
  await row("one+two").first().click();
  await panel().getByText("GET /scim/v2/Users/one+two three?attributes=userName, title", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
});

test("an exchange that does not exist is explained", async () => {
  await goTo(page, "#/?exchange=999999999");
  await panel().getByText("There is no exchange 999999999.").waitFor();
  await goTo(page, "#/?exchange=abc");
  await panel().waitFor({ state: "hidden" });
  await goTo(page, "#/");
});

test("without recording, the page says so", async () => {
  const unrecorded = await startApplication({ recording: "off" });
  const other = await openWeb(browser, unrecorded.origin);
  try {
    await signIn(other.page, TEST_ADMIN_SECRET);
    await other.page.getByText("Recording is off").waitFor();
    assert.deepEqual(other.complaints, []);
  } finally {
    await other.close();
    await unrecorded.close();
  }
});
