import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication } from "../../server/src/testing/application.ts";
import { assertAccessible, goTo, startPage } from "./page.ts";

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const MEMBERS = 2_000;

const server = await startApplication();
const { client } = server;
const ids: string[] = [];
for (const from of [0, 1_000]) {
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
  const operations = Array.from({ length: MEMBERS / 2 }, (_, index) => ({
    method: "POST",
    path: "/Users",
    bulkId: String(index),
    data: { schemas: [CORE], userName: `m${String(from + index).padStart(4, "0")}@example.com` },
  }));
  const { body } = await client.post("/Bulk", { schemas, Operations: operations });
  for (const { location } of body.Operations) ids.push(location.split("/").at(-1));
}
const joy = (await client.post("/Users", { schemas: [CORE], userName: "joy@example.com", displayName: "Joy Young" }))
  .body.id;
await client.post("/Users", { schemas: [CORE], userName: "lee@example.com", displayName: "Lee Gu" });
const members = ids.map((value) => ({ value }));
const group = (await client.post("/Groups", { schemas: [GROUP], displayName: "Everybody", members })).body.id;
const { page } = await startPage(server, { hash: `#/endpoints/default/Groups/${group}` });

const card = () => page.getByRole("region", { name: /^Members/ });
const list = () => page.getByRole("list", { name: "Members" });
const count = (text: string) => card().getByRole("status").getByText(text, { exact: true });

test("a group of thousands shows its members without loading them all", async () => {
  const bytes: number[] = [];
  page.on("response", async (response) => {
    if (response.url().includes(group)) bytes.push((await response.body().catch(() => Buffer.alloc(0))).length);
  });
  await page.reload();
  await count("2,000").waitFor();
  await list().evaluate(`document.querySelector("ul[aria-label=Members]").parentElement.scrollTo(0, 1e6)`);
  await list().getByRole("link", { name: "m1999@example.com" }).waitFor();
  assert.ok(Math.max(...bytes) < 60_000, String(bytes));
});

test("members are searched by the server and many are removed at once", async () => {
  await page.getByLabel("Search members").fill("M012");
  await count("10 found").waitFor();
  await list().getByRole("link", { name: "m0120@example.com" }).waitFor();
  await list().getByRole("checkbox", { name: "Select m0121@example.com" }).check();
  await list().getByRole("checkbox", { name: "Select m0122@example.com" }).check();
  await assertAccessible(page);
  await card().getByRole("button", { name: "Remove 2" }).click();
  await count("8 found").waitFor();
  await page.getByLabel("Search members").fill("");
  await count("1,998").waitFor();
});

test("several people are found and added", async () => {
  await card().getByRole("button", { name: "Add members" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Add members" });
  await dialog.getByLabel("Search").fill("joy");
  await dialog.getByRole("checkbox", { name: /Joy Young/ }).check();
  await dialog.getByLabel("Search").fill("lee@");
  await dialog.getByRole("checkbox", { name: /Lee Gu/ }).check();
  await dialog.getByRole("button", { name: "Do not pick Joy Young" }).waitFor();
  await assertAccessible(page);
  await dialog.getByRole("button", { name: "Add 2" }).click();
  await dialog.waitFor({ state: "hidden" });
  await count("2,000").waitFor();
  await page
    .getByText(/An administrator added/)
    .first()
    .waitFor();
});

test("a user is added to groups and removed from one", async () => {
  await client.post("/Groups", { schemas: [GROUP], displayName: "Night shift" });
  await goTo(page, `#/endpoints/default/Users/${joy}`);
  await page.getByRole("button", { name: "Remove from Everybody" }).click();
  await page.getByText("In no group").waitFor();
  await page.getByRole("button", { name: "Add to groups" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Add to groups" });
  await dialog.getByLabel("Search").fill("night");
  await dialog.getByRole("checkbox", { name: "Night shift" }).check();
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("list", { name: "Groups" }).getByRole("link", { name: "Night shift" }).waitFor();
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 720 });
    await assertFits(page);
  }
});
