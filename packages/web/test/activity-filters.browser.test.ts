import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startApplication } from "../../server/src/testing/application.ts";
import { assertAccessible, startPage } from "./page.ts";

const ENTRA = { "user-agent": "AzureAD-Prov/1.0 (Microsoft.Azure.SyncFabric)" };
const OKTA = { "user-agent": "Okta SCIM Client 1.0.0" };
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

const server = await startApplication();
const { client } = server;
const { body } = await client.post("/Users", { schemas: [USER], userName: "alice", displayName: "Alice Young" }, ENTRA);
await client.post("/Users", { schemas: [USER], userName: "bob", displayName: "Bob Stone" }, OKTA);
await client.post("/Users", { schemas: [USER], userName: "alice", displayName: "Alice Again" }, ENTRA);
await client.patch(`/Users/${body.id}`, [{ op: "replace", path: "title", value: "Engineer" }], ENTRA);
const { page } = await startPage(server);

const table = () => page.getByRole("table", { name: "Exchanges, newest first" });
const row = (text: string) => table().getByRole("row").filter({ hasText: text });
const box = () => page.getByRole("combobox", { name: "Search" });
const chip = (text: string) => page.getByRole("button", { name: text });
const found = (count: string) => page.getByText(`${count} found`, { exact: true }).waitFor();
const clear = () => page.getByRole("button", { name: "Clear", exact: true }).click();

before(async () => {
  await row("created Alice Young").waitFor();
});

test("filters that are typed become chips, and stand in the address", async () => {
  await box().fill('status:409 client:"Entra ID" alice');
  await box().press("Enter");
  await found("1 exchange");
  await chip("Status: 409").waitFor();
  await chip("Client: Entra ID").waitFor();
  assert.equal(await box().inputValue(), "alice");
  await page.reload();
  await found("1 exchange");
  await chip("Status: 409").click();
  await found("3 exchanges");
  await clear();
  await box().fill("resource:alice method:PATCH");
  await box().press("Enter");
  await found("1 exchange");
  await clear();
});

test("names and values of filters are completed by keyboard and by mouse", async () => {
  await box().click();
  await page.getByRole("option", { name: /^status:/ }).waitFor();
  await page.keyboard.type("cl");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await box().inputValue(), "client:");
  await page.getByRole("option", { name: "Okta" }).click();
  await chip("Client: Okta").waitFor();
  await row("created Bob Stone").waitFor();
  assert.equal(await row("Alice").count(), 0);
  await assertAccessible(page);
  await clear();
});

test("a wrong filter is explained, and nothing is searched for", async () => {
  await box().fill("stats:409");
  await box().press("Enter");
  await page.getByRole("alert").getByText("There is no filter “stats”. Use status, method,").waitFor();
  await box().fill("status:many");
  await box().press("Enter");
  await page.getByRole("alert").getByText("“status” cannot be “many”. Write 404, 4xx or 400-499.").waitFor();
  await assertAccessible(page);
  await box().fill('"Alice Young"');
  await box().press("Enter");
  await row("created Alice Young").waitFor();
  await row("Bob Stone").waitFor({ state: "detached" });
  await clear();
});

test("a filter is saved under a name, chosen again and removed", async () => {
  await box().fill("status:409 ");
  await box().press("Enter");
  await found("1 exchange");
  await page.getByRole("button", { name: "Saved" }).click();
  await page.getByRole("menuitem", { name: "Save this filter…" }).click();
  await page.getByLabel("Name").fill("Conflicts");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("button", { name: "Conflicts" }).waitFor();
  await clear();
  await page.reload();
  await page.getByRole("button", { name: "Saved" }).click();
  await page.getByRole("menuitem", { name: "Conflicts" }).click();
  await chip("Status: 409").waitFor();
  await page.getByRole("button", { name: "Conflicts" }).click();
  await page.getByRole("menuitem", { name: "Remove “Conflicts”" }).click();
  await page.getByRole("button", { name: "Saved" }).waitFor();
  await clear();
});

test("a finding stands after the sentence, and is explained with what to do", async () => {
  const full = { schemas: [USER], userName: "carol", displayName: "Carol White", title: "Engineer", nickName: "Caz" };
  const { body } = await client.post("/Users", full, ENTRA);
  await client.put(`/Users/${body.id}`, { schemas: [USER], userName: "carol" }, ENTRA);
  await page.getByRole("button", { name: "Findings" }).click();
  const changed = table().getByRole("row").filter({ hasText: "PUT" });
  await changed.locator("[data-row]").click();
  const panel = page.getByRole("dialog", { name: "Exchange" });
  const finding = panel.getByRole("region", { name: /^Finding/ }).first();
  await finding.getByRole("listitem").first().waitFor();
  await assertAccessible(page);
  await page.keyboard.press("Escape");
  await clear();
});

test("the dense table shows the path with its base URL, and each value selects its like", async () => {
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await page.reload();
  await table().getByRole("columnheader", { name: "Credential" }).waitFor();
  const path = table().getByRole("button", { name: "/scim/v2/Users", exact: true });
  await path.nth(3).waitFor();
  await path.first().click();
  await chip("Path: /Users").waitFor();
  await found("4 exchanges");
  await clear();
  await table().getByRole("button", { name: "Alice Young", exact: true }).first().click();
  await chip("Resource: Alice Young").waitFor();
  await table().getByRole("button", { name: "user.created", exact: true }).first().click();
  await chip("Kind: user.created").waitFor();
  await found("1 exchange");
  await assertAccessible(page);
  await clear();
  await row("Carol White").first().waitFor();
  await table().locator('[data-row="2"]').focus();
  await page.keyboard.press("ArrowDown");
  await page.locator('[data-row="3"]:focus').waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Exchange" }).getByRole("heading", { name: "Why it failed" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Sentences", exact: true }).click();
});

test("the chart shows hours, days and 30 days, and a bar leads to its time by keyboard", async () => {
  const chart = page.getByRole("figure", { name: "Requests over time" });
  const bars = chart.getByRole("button", { name: /requests?, \d/ });
  for (const [span, least] of [
    ["7 days", 168],
    ["30 days", 30],
    ["24 hours", 24],
  ] as const) {
    await chart.getByRole("button", { name: span }).click();
    await chart
      .locator("button[title]")
      .nth(least - 1)
      .waitFor();
    await chart
      .locator("button[title]")
      .nth(least + 1)
      .waitFor({ state: "detached" });
  }
  await assertAccessible(page);
  await chart.getByRole("button", { name: "30 days" }).press("Tab");
  assert.match((await page.locator(":focus").getAttribute("title")) ?? "", /: \d+ requests, 1 refused, 0 failed$/);
  await page.keyboard.press("Enter");
  await chip("From: 20").waitFor();
  await row("created Alice Young").waitFor();
  assert.ok((await bars.count()) <= 60, "an hour has a bar for each minute");
  await clear();
});
