import assert from "node:assert/strict";
import { test } from "node:test";
import { startApplication } from "../../server/src/testing/application.ts";
import { goTo, startPage } from "./page.ts";

const SCHEMAS = ["urn:ietf:params:scim:schemas:core:2.0:User"];

const server = await startApplication();
const { client } = server;
const user = { schemas: SCHEMAS, userName: "joy@example.com", displayName: "Joy Young" };
const { id } = (await client.post("/Users", { ...user, title: "Lead" })).body;
await client.put(`/Users/${id}`, user);
const { page } = await startPage(server);

const table = () => page.getByRole("table", { name: "Exchanges, newest first" });
const row = (text: string | RegExp) => table().getByRole("row").filter({ hasText: text });
const panel = () => page.getByRole("dialog", { name: "Exchange" });

test("a finding comes first in the feed, and the toggle shows findings only", async () => {
  await row(/cleared the title of Joy Young/).waitFor();
  await row(/created Joy Young/).waitFor();
  await page.getByRole("button", { name: "Findings", exact: true }).click();
  await row(/created Joy Young/).waitFor({ state: "detached" });
  await row(/cleared the title of Joy Young/).waitFor();
});

test("the exchange says what happened, why and what to change, and restores the version from before", async () => {
  await row(/cleared the title of Joy Young/)
    .getByRole("button", { name: /cleared the title/ })
    .click();
  const finding = panel().getByRole("region", { name: "Finding: loss.cleared" });
  await finding.getByText("Cleared: title (it was Lead).").waitFor();
  await finding.getByRole("button", { name: "Restore…" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Restore" }).click();
  await page.getByText("Restored the version from before").first().waitFor();
  const { Resources } = (await client.get("/Users")).body;
  assert.equal(Resources[0].title, "Lead");
});

test("names in a finding do not change the order of the text around, and long ones are names too", async () => {
  const names = ["מרים לוי", "مريم عبد الله"];
  const members: { value: string }[] = [];
  for (const [index, displayName] of names.entries()) {
    const { body } = await client.post("/Users", { schemas: SCHEMAS, userName: `name.${index}`, displayName });
    members.push({ value: body.id });
  }
  const displayName = `Everybody in ${"Featherstonehaugh ".repeat(6)}`;
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
  const { body } = await client.post("/Groups", { schemas, displayName, members });
  await client.patch(`/Groups/${body.id}`, [{ op: "replace", path: "members", value: [] }]);
  await goTo(page, "#/?show=findings");
  await row(/removed both members/)
    .locator("[data-row]")
    .click();
  const finding = panel()
    .getByRole("region", { name: /^Finding/ })
    .filter({ hasText: "removed both members" });
  assert.equal(await finding.locator("h3 bdi").textContent(), `${displayName.slice(0, 80)}…`);
  assert.deepEqual(await finding.locator("p bdi").allTextContents(), names);
});

test("a refusal that a finding explains is not explained twice", async () => {
  const user = { schemas: SCHEMAS, userName: "sam@example.com", displayName: "Sam Reed" };
  await client.post("/Users", user);
  await client.post("/Users", user);
  await page.goto(`${server.origin}/#/?status=409`);
  await page.getByText("1 exchange found").waitFor();
  const refusal = table().locator('[data-row="0"]');
  assert.doesNotMatch((await refusal.textContent()) ?? "", /could not create/);
  await refusal.click();
  await panel()
    .getByRole("region", { name: /^Finding: repetition.create/ })
    .waitFor();
  assert.equal(await panel().getByText("Why it failed").count(), 0);
  await panel().getByText("What was sent, the rule, and whether it is sent again").click();
  await panel().getByText("RFC 7644 §3.3").first().waitFor();
});
