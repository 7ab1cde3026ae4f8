import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication, TEST_ADMIN_SECRET } from "../../server/src/testing/application.ts";
import { goTo, signIn, startPage } from "./page.ts";

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const HOSTILE = "<img src=x onerror=alert(1)>";

/** By then an answer has been shown. */
const ANSWERED_MS = 300;

const server = await startApplication();
const { client } = server;
const joy = await create("Users", {
  schemas: [CORE, ENTERPRISE],
  userName: "joy.young@example.com",
  displayName: "Joy Young",
  externalId: "ext-joy",
  name: { givenName: "Joy", familyName: HOSTILE },
  emails: [{ type: "work", value: "joy@example.com", primary: true }],
  [ENTERPRISE]: { department: "Sales" },
});
await create("Users", { schemas: [CORE], userName: "lee.gu@example.com", displayName: "Lee Gu", active: false });
await create("Groups", { schemas: [GROUP], displayName: "Finance", members: [{ value: joy }] });
await client.patch(`/Users/${joy}`, [{ op: "replace", path: `${ENTERPRISE}:department`, value: "Finance" }]);
const { page } = await startPage(server);

async function create(place: string, body: object): Promise<string> {
  return (await client.post(`/${place}`, body)).body.id;
}

const users = () => page.getByRole("table", { name: "Users" });
const heading = (name: string | RegExp) => page.getByRole("heading", { name, level: 1 });
const count = (text: string) => page.getByRole("status").getByText(text, { exact: true });
const toUser = () => goTo(page, `#/endpoints/default/Users/${joy}`);
const editor = () => page.getByRole("dialog", { name: "Edit user" });
const toJson = () => editor().getByRole("tab", { name: "JSON" }).click();
const text = () => editor().getByLabel("Resource as JSON");

test("users are listed, sorted and filtered by the server, and the address keeps the choice", async () => {
  await page.getByRole("navigation").getByRole("link", { name: "Users" }).click();
  await users().getByRole("link", { name: "Lee Gu" }).waitFor();
  await count("2").waitFor();
  const names = () => users().getByRole("link").allTextContents();
  assert.deepEqual(await names(), ["Joy Young", "Lee Gu"]);
  await users().getByRole("button", { name: "Name", exact: true }).click();
  await users().getByRole("button", { name: "Name", exact: true }).click();
  await page.waitForURL(/sort=-displayName/);
  await users().locator("[aria-sort=descending]").waitFor();
  await delay(ANSWERED_MS);
  assert.deepEqual(await names(), ["Lee Gu", "Joy Young"]);
  await page.getByLabel("Status").selectOption("Inactive");
  await count("1 found").waitFor();
  await page.reload();
  await count("1 found").waitFor();
  assert.deepEqual(await names(), ["Lee Gu"]);
  await page.getByLabel("Status").selectOption("Any status");
});

test("users are found by a part of a name, an external ID and an ID", async () => {
  await page.locator("body").press("/");
  for (const wanted of ["young", "joy@exam", "ext-joy", joy]) {
    await page.getByLabel("Search users").fill(wanted);
    await count("1 found").waitFor();
    await users().getByRole("link", { name: "Joy Young" }).waitFor();
    await page.getByLabel("Search users").fill("");
    await count("2").waitFor();
  }
  await page.getByLabel("Search users").fill('"\\ nobody');
  await page.getByText("No users match.").waitFor();
  await page.getByLabel("Search users").press("Escape");
  await count("2").waitFor();
});

test("a user's page has attributes, groups and history, and follows changes", async () => {
  await users().getByRole("link", { name: "Joy Young" }).click();
  await heading("Joy Young").waitFor();
  await page.locator("h1:focus").waitFor();
  await page.getByText(HOSTILE).first().waitFor();
  assert.equal(await page.locator("main img").count(), 0);
  await page.getByRole("list", { name: "Groups" }).getByRole("link", { name: "Finance" }).waitFor();
  const history = page.getByRole("region", { name: /^History/ }).getByRole("listitem");
  await history
    .nth(0)
    .getByText(/department .*Sales.* Finance/)
    .first()
    .waitFor();
  await history
    .nth(1)
    .getByText(/added Joy Young to Finance/)
    .waitFor();
  await history
    .nth(2)
    .getByText(/created Joy Young/)
    .waitFor();
  await history.nth(0).getByText("What changed").click();
  await history.nth(0).getByRole("row", { name: "department Sales Finance" }).waitFor();
  await client.patch(`/Users/${joy}`, [{ op: "add", path: "title", value: "Lead" }]);
  await page.getByText("Lead", { exact: true }).first().waitFor();
});

test("a user's history shows what failed", async () => {
  const refused = await client.patch(`/Users/${joy}`, [
    { op: "replace", path: "userName", value: "lee.gu@example.com" },
  ]);
  assert.equal(refused.status, 409);
  const history = page.getByRole("region", { name: /^History/ }).getByRole("listitem");
  await history.filter({ hasText: "lee.gu@example.com" }).getByRole("link", { name: "Request" }).first().waitFor();
});

test("an edit is saved as JSON; a refusal is explained and nothing is lost", async () => {
  await page.getByRole("button", { name: "Edit" }).click();
  await toJson();
  const before = await text().inputValue();
  assert.doesNotMatch(before, /"meta"|"groups"/);
  const save = () => editor().getByRole("button", { name: "Save" }).click();
  for (const [attributes, refusal] of [
    ['"userName": "lee.gu@example.com"', /userName/],
    ['"title": "Cook", "title": "Chef"', /twice/],
    ['"title": 12345678901234567890', /digits/],
  ] as const) {
    const name = /"(\w+)"/.exec(attributes)?.[1];
    await text().fill(before.replace(new RegExp(`"${name}": "[^"]*"`), attributes));
    await save();
    await editor().getByRole("alert").getByText(refusal).waitFor();
  }
  await text().fill("{");
  await save();
  await editor()
    .getByText(/This is not valid JSON/)
    .waitFor();
  await text().fill(before.replace('"displayName": "Joy Young"', '"displayName": "Joy Miller"'));
  await save();
  await heading("Joy Miller").waitFor();
  await page.getByText(/An administrator renamed Joy Young to Joy Miller/).waitFor();
});

test("an edit of something that changed meanwhile is refused", async () => {
  await page.getByRole("button", { name: "Edit" }).click();
  await toJson();
  await text().fill((await text().inputValue()).replace("Joy Miller", "Joy Mayer"));
  await client.patch(`/Users/${joy}`, [{ op: "add", path: "title", value: "Head" }]);
  await editor().getByRole("button", { name: "Save" }).click();
  await editor().getByText("Someone changed this while you were editing.").waitFor();
  await editor().getByRole("button", { name: "Cancel" }).click();
  await editor().getByText("Your edits are not saved.").waitFor();
  await editor().getByRole("button", { name: "Discard edits" }).click();
  await editor().waitFor({ state: "hidden" });
});

test("unsaved edits survive a change of the view and the end of the session", async () => {
  await page.getByRole("button", { name: "Edit" }).click();
  await toJson();
  const kept = (await text().inputValue()).replace("Joy Miller", "Joy Mason");
  await text().fill(kept);
  await goTo(page, "#/server");
  await editor().waitFor({ state: "hidden" });
  await toUser();
  await page.getByRole("button", { name: "Edit" }).click();
  await toJson();
  await editor().getByText("These are your unsaved edits.").waitFor();
  assert.equal(await text().inputValue(), kept);
  await page.context().clearCookies();
  await editor().getByRole("button", { name: "Save" }).click();
  await page.getByText("You were signed out. Sign in again to continue.").waitFor();
  await signIn(page, TEST_ADMIN_SECRET);
  await page.getByRole("button", { name: "Edit" }).click();
  await toJson();
  assert.equal(await text().inputValue(), kept);
  await editor().getByRole("button", { name: "Save" }).click();
  await heading("Joy Mason").waitFor();
});

test("a former version is shown with what restoring it changes, and restored", async () => {
  await page.getByRole("button", { name: "Version 1", exact: true }).click();
  const version = page.getByRole("dialog", { name: "Version 1" });
  await version.getByRole("row", { name: "department Finance Sales" }).waitFor();
  await version.getByLabel("Compare with").selectOption("Version 2");
  await version.getByRole("heading", { name: "From version 2 to version 1" }).waitFor();
  assert.equal(await version.getByRole("table").getByRole("row").count(), 2);
  await version.getByRole("button", { name: "Restore this version" }).click();
  const question = page.getByRole("alertdialog", { name: "Restore version 1?" });
  await question.getByRole("button", { name: "Restore" }).click();
  await heading("Joy Young").waitFor();
  await page.getByText("Version 1 was restored").first().waitFor();
  assert.equal((await client.get(`/Users/${joy}`)).body[ENTERPRISE].department, "Sales");
});

test("a user is deleted after a question, found among the deleted, and restored with the groups", async () => {
  const question = page.getByRole("alertdialog", { name: "Delete Joy Young?" });
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await question.getByRole("button", { name: "Cancel" }).click();
  assert.equal((await client.get(`/Users/${joy}`)).status, 200);
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await question.getByRole("button", { name: "Delete" }).click();
  await page.getByText(/^Deleted (?:now|\d+ s ago)/).waitFor();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Users" }).click();
  await page.getByRole("button", { name: "Deleted" }).click();
  await page.getByRole("list", { name: "Deleted users" }).getByRole("link", { name: "Joy Young" }).click();
  await page.getByText("joy@example.com (work, primary)").waitFor();
  await page.getByRole("button", { name: "Restore" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Restore" }).click();
  await page.getByRole("button", { name: "Edit" }).waitFor();
  await page.getByRole("list", { name: "Groups" }).getByRole("link", { name: "Finance" }).click();
  await heading("Finance").waitFor();
  await page.getByRole("list", { name: "Members" }).getByRole("link", { name: "Joy Young" }).waitFor();
});

test("a refusal of the server stays in the dialog", async () => {
  await page.route("**/scim/v2/Groups/*", (route) =>
    route.request().method() === "DELETE"
      ? route.fulfill({ status: 409, json: { detail: "Not now." } })
      : route.continue(),
  );
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByText("Not now.").waitFor();
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
  await page.unroute("**/scim/v2/Groups/*");
});

test("in long lists, restoring names what goes and what comes", async () => {
  const ids: string[] = [];
  for (let number = 0; number < 24; number++) {
    ids.push(await create("Users", { schemas: [CORE], userName: `member.${number}@example.com` }));
  }
  const members = ids.slice(1).map((value) => ({ value }));
  const group = await create("Groups", { schemas: [GROUP], displayName: "Many", members });
  await client.patch(`/Groups/${group}`, [
    { op: "add", path: "members", value: [{ value: ids[0] }] },
    { op: "remove", path: `members[value eq "${ids[23]}"]` },
  ]);
  await goTo(page, `#/endpoints/default/Groups/${group}`);
  await heading("Many").waitFor();
  await page.getByLabel("Search members").fill("member.11");
  await page.getByRole("list", { name: "Members" }).getByRole("link", { name: "member.11@example.com" }).waitFor();
  await count("1 found").waitFor();
  assert.equal(await page.getByRole("list", { name: "Members" }).getByRole("link").count(), 1);
  await page.getByRole("button", { name: "Version 1", exact: true }).click();
  await page
    .getByRole("dialog", { name: "Version 1" })
    .getByRole("row", { name: "members − member.0@example.com + member.23@example.com", exact: true })
    .waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
});

test("a list of thousands scrolls to its end and finds its place again", async () => {
  const operations = Array.from({ length: 900 }, (_, number) => ({
    method: "POST",
    path: "/Users",
    bulkId: String(number),
    data: { schemas: [CORE], userName: `z${String(number).padStart(4, "0")}@example.com` },
  }));
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
  const { status } = await client.post("/Bulk", { schemas, Operations: operations });
  assert.equal(status, 200);
  await goTo(page, "#/endpoints/default/Users");
  await count("926").waitFor();
  await users().evaluate((element: { scrollTo: (x: number, y: number) => void }) => element.scrollTo(0, 1e7));
  await users().getByRole("link", { name: "z0899@example.com" }).click();
  await heading("z0899@example.com").waitFor();
  await page.goBack();
  await users().getByRole("link", { name: "z0899@example.com" }).waitFor();
});

test("an unknown ID is explained; nothing is said to be forgotten while history cannot be read", async () => {
  await page.route("**/timeline/*", (route) => route.fulfill({ status: 500, json: { detail: "Broken." } }));
  await goTo(page, "#/endpoints/default/Users/nobody");
  await page.getByRole("alert").getByText("Broken.").waitFor();
  assert.equal(await page.getByText("there is no history").count(), 0);
  await page.unroute("**/timeline/*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("No user has this ID, and there is no history of one.").waitFor();
});

test("very long names and values push nothing out of view", async () => {
  const displayName = "Wide ".repeat(140).trim();
  const id = await create("Users", {
    schemas: [CORE],
    userName: "wide@example.com",
    displayName,
    title: "W".repeat(900),
  });
  await create("Groups", { schemas: [GROUP], displayName: "W".repeat(150), members: [{ value: id }] });
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 720 });
    for (const place of [`Users/${id}`, "Users?q=wide", "Groups"]) {
      await goTo(page, `#/endpoints/default/${place}`);
      await page
        .getByText(/^(?:Wide Wide|WWWW)/)
        .first()
        .waitFor();
      await assertFits(page);
    }
  }
  assert.ok(((await page.title()) ?? "").length < 200);
});

test("what only looks like a time is shown as it was sent", async () => {
  for (const title of ["2026-01-01T10:00:00 stand-up", "2026-13-45T99:99:99"]) {
    const id = await create("Users", { schemas: [CORE], userName: `${crypto.randomUUID()}@example.com`, title });
    await goTo(page, `#/endpoints/default/Users/${id}`);
    await page.getByRole("region", { name: "Attributes" }).getByText(title, { exact: true }).waitFor();
  }
});
