import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { assertFits, type OpenPage, openPage, signIn, startBrowser } from "./testing/browser.ts";

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const LONG = "W".repeat(150);
const HOSTILE = "<img src=x onerror=alert(1)>";

const server = await startApplication();
const { client } = server;
let browser: Browser;
let opened: OpenPage;
let page: Page;
let joy: string;
before(async () => {
  joy = await create("Users", {
    schemas: [CORE, ENTERPRISE],
    userName: "joy.young@example.com",
    displayName: "Joy Young",
    name: { givenName: "Joy", familyName: HOSTILE },
    emails: [{ type: "work", value: "joy@example.com", primary: true }],
    [ENTERPRISE]: { department: "Sales" },
  });
  await create("Users", { schemas: [CORE], userName: "lee.gu@example.com", displayName: "Lee Gu" });
  await create("Groups", {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    displayName: "Finance",
    members: [{ value: joy }],
  });
  await client.patch(`/Users/${joy}`, [{ op: "replace", path: `${ENTERPRISE}:department`, value: "Finance" }]);
  await create("Groups", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: LONG });
  browser = await startBrowser();
  opened = await openPage(browser, server.origin, { viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  page = opened.page;
  await signIn(page, TEST_ADMIN_SECRET);
});
after(async () => {
  await browser?.close();
  await server.close();
});

async function create(place: string, body: object): Promise<string> {
  return (await client.post(`/${place}`, body)).body.id;
}

const fits = () => assertFits(page);

/** By then what was asked has been answered and shown. */
const ANSWERED_MS = 300;

/** Presses a button again before the browser has drawn. */
async function pressTwice(name: string): Promise<void> {
  await page.getByRole("button", { name }).evaluate((button: { click: () => void; focus: () => void }) => {
    button.focus();
    button.click();
    button.click();
  });
}

test("on a narrow screen the feed fits, and the theme can be switched for good", async () => {
  await page.locator(".row", { hasText: "W".repeat(40) }).waitFor();
  await fits();
  const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor") as Promise<string>;
  const dark = await ground();
  await page.getByRole("button", { name: "Light theme" }).click();
  const light = await ground();
  assert.notEqual(light, dark);
  await page.reload();
  await page.getByRole("button", { name: "Dark theme" }).waitFor();
  assert.equal(await ground(), light);
});

test("users are listed, and found by a part of a name", async () => {
  await page.getByRole("link", { name: "Users" }).first().click();
  // The feed has links with such names as well.
  await page.getByRole("list", { name: "Users" }).getByRole("link", { name: "Lee Gu" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("young");
  await page.getByText("1 found").waitFor();
  assert.equal(await page.getByRole("link", { name: "Lee Gu" }).count(), 0);
  await fits();
});

test("a person's page has attributes, groups and everything that touched them", async () => {
  await page.getByRole("link", { name: "Joy Young" }).click();
  await page.getByRole("heading", { name: "Joy Young active" }).waitFor();
  await page.getByText(HOSTILE).first().waitFor();
  await page.getByRole("link", { name: "Finance" }).waitFor();
  const entries = page.locator(".entry");
  await entries
    .nth(0)
    .getByText(/department .*Sales.* Finance/)
    .first()
    .waitFor();
  await entries
    .nth(1)
    .getByText(/added Joy Young to Finance/)
    .waitFor();
  await entries
    .nth(2)
    .getByText(/created Joy Young/)
    .waitFor();
  assert.equal(await page.locator("main img").count(), 0);
  await fits();
});

test("a person is edited as JSON; what the server refuses is told and nothing is lost", async () => {
  await page.getByRole("button", { name: "Edit" }).click();
  const editor = page.getByRole("dialog", { name: "Edit as JSON" });
  const text = editor.getByLabel("Resource as JSON");
  const before = await text.inputValue();
  assert.doesNotMatch(before, /"meta"|"groups"/);
  await text.fill(before.replace("joy.young@", "lee.gu@"));
  await editor.getByRole("button", { name: "Save" }).click();
  await editor
    .getByRole("alert")
    .getByText(/userName/)
    .waitFor();
  for (const [attributes, refusal] of [
    ['"title": "Cook", "title": "Chef"', /given twice/],
    ['"title": 12345678901234567890', /more digits than can be kept/],
  ] as const) {
    await text.fill(before.replace("{", `{ ${attributes},`));
    await editor.getByRole("button", { name: "Save" }).click();
    await editor.getByRole("alert").getByText(refusal).waitFor();
  }
  await text.fill(before.replace('"displayName": "Joy Young"', '"displayName": "Joy Miller"'));
  await editor.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Joy Miller active" }).waitFor();
  await page
    .locator(".entry")
    .first()
    .getByText(/An administrator renamed Joy Young to Joy Miller/)
    .waitFor();
});

test("an edit of what has changed meanwhile is refused", async () => {
  await page.getByRole("button", { name: "Edit" }).click();
  await client.patch(`/Users/${joy}`, [{ op: "add", path: "title", value: "Lead" }]);
  const editor = page.getByRole("dialog", { name: "Edit as JSON" });
  await editor.getByRole("button", { name: "Save" }).click();
  await editor.getByText("It changed meanwhile.").waitFor();
  await page.keyboard.press("Escape");
});

test("a former version is shown with what restoring it changes, and restored", async () => {
  await page.getByRole("button", { name: "Version 1", exact: true }).click();
  const version = page.getByRole("dialog", { name: "Version 1" });
  await version.getByRole("row", { name: "department before: Finance after: Sales" }).waitFor();
  await version.getByRole("button", { name: "Restore this version" }).click();
  await page.getByRole("dialog", { name: "Restore version 1?" }).getByRole("button", { name: "Restore" }).click();
  await page.getByRole("heading", { name: "Joy Young active" }).waitFor();
  assert.equal((await client.get(`/Users/${joy}`)).body[ENTERPRISE].department, "Sales");
});

test("a person is deleted after a question, found among the deleted, and brought back with the groups", async () => {
  await page.getByRole("button", { name: "Delete" }).click();
  const question = page.getByRole("dialog", { name: "Delete Joy Young?" });
  await question.getByRole("button", { name: "Cancel" }).click();
  assert.equal((await client.get(`/Users/${joy}`)).status, 200);
  await page.getByRole("button", { name: "Delete" }).click();
  await question.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Joy Young deleted" }).waitFor();
  await page.getByRole("link", { name: "Users" }).first().click();
  await page.getByRole("button", { name: "Deleted" }).click();
  await page.getByRole("link", { name: "Joy Young" }).click();
  await page.getByText("joy@example.com (work, primary)").waitFor();
  await fits();
  await page.getByRole("button", { name: "Bring back" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await page.getByRole("heading", { name: "Joy Young active" }).waitFor();
  await page.getByRole("link", { name: "Finance" }).click();
  await page.getByRole("heading", { name: "Members 1" }).waitFor();
  await page.locator(".members").getByRole("link", { name: "Joy Young" }).waitFor();
});

test("of a long list, what restoring changes is what goes and what comes, each with what tells it apart", async () => {
  const ids: string[] = [];
  for (let number = 0; number < 24; number++) {
    ids.push(await create("Users", { schemas: [CORE], userName: `member.${number}@example.com` }));
  }
  const members = ids.slice(1).map((value) => ({ value }));
  const group = await create("Groups", {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    displayName: "Many",
    members,
  });
  await client.patch(`/Groups/${group}`, [
    { op: "add", path: "members", value: [{ value: ids[0] }] },
    { op: "remove", path: `members[value eq "${ids[23]}"]` },
  ]);
  await page.goto(`${server.origin}/#/endpoints/default/Groups/${group}`);
  await page.getByRole("button", { name: "Version 1", exact: true }).click();
  const version = page.getByRole("dialog", { name: "Version 1" });
  await version
    .getByRole("row", { name: "members before: − member.0@example.com after: + member.23@example.com", exact: true })
    .waitFor();
  await page.keyboard.press("Escape");

  const emails = [
    { type: "work", value: "work@example.com", primary: true },
    { type: "home", value: "home@example.com", display: "Home" },
  ];
  const user = await create("Users", { schemas: [CORE], userName: "two.addresses@example.com", emails });
  const changed = emails.map((email) => ({ ...email, primary: email.type === "home" }));
  await client.patch(`/Users/${user}`, [{ op: "replace", path: "emails", value: changed }]);
  await page.goto(`${server.origin}/#/endpoints/default/Users/${user}`);
  await page.getByRole("button", { name: "Version 1", exact: true }).click();
  const row = version.getByRole("row", { name: /^emails/ });
  await row.waitFor();
  assert.deepEqual(await row.locator("li").allTextContents(), [
    "− work: work@example.com (not primary)",
    "− home: Home (home@example.com, primary)",
    "+ work: work@example.com (primary)",
    "+ home: Home (home@example.com)",
  ]);
  await page.keyboard.press("Escape");
});

test("deleted users are listed, however many groups were deleted since", async () => {
  const user = await create("Users", { schemas: [CORE], userName: "long.gone@example.com" });
  await client.delete(`/Users/${user}`);
  for (let number = 0; number < 51; number++) {
    const displayName = `Gone ${number}`;
    const group = await create("Groups", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName });
    await client.delete(`/Groups/${group}`);
  }
  await page.goto(`${server.origin}/#/endpoints/default/Users?deleted=1`);
  await page.getByText("1 deleted, the latest first").waitFor();
  await page.getByRole("list", { name: "Users" }).getByRole("link", { name: "long.gone@example.com" }).waitFor();
  await page.goto(`${server.origin}/#/endpoints/default/Groups?deleted=1`);
  await pressTwice("Load older");
  const gone = page.getByRole("list", { name: "Groups" }).getByRole("link", { name: "Gone 0", exact: true });
  await gone.waitFor();
  await delay(ANSWERED_MS);
  assert.equal(await gone.count(), 1);
  await page.locator("p:focus", { hasText: "That is all." }).waitFor();
});

test("what is older in a timeline comes once, also for who presses twice", async () => {
  const user = await create("Users", { schemas: [CORE], userName: "often@example.com" });
  for (let number = 0; number < 30; number++) {
    await client.patch(`/Users/${user}`, [{ op: "add", path: "title", value: `Title ${number}` }]);
  }
  await page.goto(`${server.origin}/#/endpoints/default/Users/${user}`);
  await pressTwice("Load older");
  await page.locator(".entry", { hasText: "created often@example.com" }).waitFor();
  await delay(ANSWERED_MS);
  assert.equal(await page.locator(".entry").count(), 31);
  await page.locator("p:focus", { hasText: "That is all." }).waitFor();
});

test("a search is followed at once by who goes on, and cleared with its field", async () => {
  await page.goto(`${server.origin}/#/endpoints/default/Users`);
  await page.getByLabel("Search users").fill("young");
  await page.keyboard.press("Tab");
  assert.equal(page.url(), `${server.origin}/#/endpoints/default/Users?q=young`);
  await page.getByLabel("Search users").press("Escape");
  assert.equal(page.url(), `${server.origin}/#/endpoints/default/Users`);
});

test("beyond the end of a list, its last page is shown; where there is no answer, no numbers are", async () => {
  await page.goto(`${server.origin}/#/endpoints/default/Users?from=101`);
  await page.waitForURL(`${server.origin}/#/endpoints/default/Users`);
  await page.getByRole("list", { name: "Users" }).getByRole("link", { name: "Lee Gu" }).waitFor();
  await page.route("**/scim/v2/Users?*", (route) => route.fulfill({ status: 503, json: { detail: "Not now." } }));
  await page.getByLabel("Search users").fill("lee");
  await page.getByRole("alert").getByText("Not now.").waitFor();
  assert.equal(await page.locator(".page-head .count").textContent(), "");
  await page.unroute("**/scim/v2/Users?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("1 found").waitFor();
});

test("a very long name pushes nothing out of view", async () => {
  const displayName = "Wide ".repeat(1_000).trim();
  const id = await create("Users", { schemas: [CORE], userName: "wide@example.com", displayName });
  const group = await create("Groups", {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    displayName: displayName.replaceAll("Wide", "Broad"),
    members: [{ value: id }],
  });
  const heightOf = async (selector: string) => {
    await page.locator(selector).first().waitFor();
    return (await page.locator(selector).first().boundingBox())?.height ?? 0;
  };
  await page.goto(`${server.origin}/#/endpoints/default/Users?q=wide`);
  assert.ok((await heightOf(".resource-row")) < 300);
  await page.goto(`${server.origin}/#/endpoints/default/Users/${id}`);
  await page.getByRole("heading", { name: /^Wide .*… active$/ }).waitFor();
  assert.ok((await heightOf("h1")) < 300);
  assert.ok((await heightOf(".attributes")) < 500);
  await page.locator(".members a", { hasText: "Broad" }).waitFor();
  assert.ok((await heightOf(".members")) < 300);
  assert.ok((await page.title()).length < 200);
  await page.goto(`${server.origin}/#/?resource=${group}`);
  await page.locator(".feed .row-link").first().click();
  await page.getByRole("dialog").locator(".inline-list a", { hasText: "Broad" }).waitFor();
  assert.ok((await heightOf("dialog .inline-list")) < 400);
  await page.keyboard.press("Escape");
});

test("what only looks like a time is shown as it was sent", async () => {
  const titles = ["2026-01-01T10:00:00 stand-up", "2026-13-45T99:99:99"];
  for (const title of titles) {
    const id = await create("Users", { schemas: [CORE], userName: `${crypto.randomUUID()}@example.com`, title });
    await page.goto(`${server.origin}/#/endpoints/default/Users/${id}`);
    await page.locator(".attributes dd", { hasText: title }).waitFor();
    await page.getByRole("heading", { name: "Groups 0" }).waitFor();
  }
});

test("the page of the server says how safe the data is, with the numbers of the day to be read", async () => {
  await page.getByRole("link", { name: "Server" }).click();
  await page.getByText("On this disk only").waitFor();
  await page.getByRole("img", { name: /\d+ requests in the last 24 hours, of which \d+ were refused/ }).waitFor();
  await page.getByText("As a table").click();
  await page.getByRole("row", { name: /^\d\d:\d\d \d+ \d+ \d+ \d+ [\d.]+ ms/ }).waitFor();
  await page.getByText(/^SCIMTool .*, Node\.js .*, SQLite/).waitFor();
  await fits();
});

test("trouble with the storage is told in words, also on a narrow screen beside the feed", async () => {
  const status = (await page.evaluate("fetch('/api/backup/status').then((answer) => answer.json())")) as object;
  const trouble = {
    mode: "azure-blob",
    durability: { configured: "semi-sync", inForce: "async" },
    lag: { ms: 95_000, commits: 12, bytes: 9_000, exceedsLossWindow: true },
    lastBackupSucceeded: false,
    lastError: "the container does not answer.",
  };
  await page.route("**/api/backup/status", (route) => route.fulfill({ json: { ...status, ...trouble } }));
  await page.getByRole("link", { name: "Activity" }).click();
  const card = page.getByRole("complementary", { name: "Overview" });
  await card.getByText("Needs a look").waitFor();
  await card.getByText("The target is 2 min behind (12 commits)").waitFor();
  await card.getByText("Durability is async instead of semi-sync").waitFor();
  await card.getByText("The last backup failed: the container does not answer.").waitFor();
  await fits();
  await page.unroute("**/api/backup/status");
});

test("the browser had nothing to complain of, and asked nobody else", () => {
  assert.deepEqual(opened.complaints, []);
});

test("a manager leads to their page, and an id that nobody has to none", async () => {
  const manager = await create("Users", { schemas: [CORE], userName: "boss@example.com", displayName: "Bo Boss" });
  for (const [userName, value] of [
    ["led@example.com", manager],
    ["stray@example.com", "nobody-has-this"],
  ] as const) {
    const led = await create("Users", { schemas: [CORE, ENTERPRISE], userName, [ENTERPRISE]: { manager: { value } } });
    await page.goto(`${server.origin}/#/endpoints/default/Users/${led}`);
    const attributes = page.locator(".attributes", { hasText: value === manager ? "Bo Boss" : value });
    await attributes.waitFor();
    assert.equal(await attributes.getByRole("link").count(), value === manager ? 1 : 0);
    if (value !== manager) continue;
    await attributes.getByRole("link", { name: "Bo Boss" }).click();
    await page.getByRole("heading", { name: "Bo Boss" }).waitFor();
  }
});
