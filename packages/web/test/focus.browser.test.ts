import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../../server/src/testing/application.ts";
import { goTo, openWeb, signIn, startPage } from "./page.ts";

const SCHEMAS = ["urn:ietf:params:scim:schemas:core:2.0:User"];

const server = await startApplication();
const { client } = server;
for (let number = 100; number < 160; number++) await create(`user.${number}@example.com`);
const { browser, page } = await startPage(server);

async function create(userName: string): Promise<string> {
  return (await client.post("/Users", { schemas: SCHEMAS, userName })).body.id;
}

const atHeading = (text: string | RegExp) => page.locator("h1:focus", { hasText: text }).waitFor();

test("a view that is reached by links, or left by going back, begins at its heading", async () => {
  const link = (name: string) => page.getByRole("navigation", { name: "Main" }).getByRole("link", { name });
  await link("Users").press("Enter");
  await atHeading("Users");
  await page.getByRole("table", { name: "Users" }).getByRole("link", { name: "user.100@example.com" }).press("Enter");
  await atHeading("user.100@example.com");
  await page.goBack();
  await atHeading("Users");
  await link("Activity").press("Enter");
  await atHeading("Activity");
});

test("where a button goes away with what it did, the heading has the focus", async () => {
  await goTo(page, `#/?show=failures&resource=${crypto.randomUUID()}`);
  for (const name of [/^Resource/, "Clear"]) {
    await page.getByRole("button", { name, exact: true }).press("Enter");
    await atHeading("Activity");
  }
});

test("showing new exchanges leaves the focus on the first of them", async () => {
  await page.getByRole("row", { name: /created user.159/ }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await create("waits@example.com");
  await page.getByRole("button", { name: "1 new" }).press("Enter");
  await page.locator("[data-row]:focus", { hasText: "created waits@example.com" }).waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
});

test("after a save and after a deletion, the heading has the focus", async () => {
  const id = await create("saved@example.com");
  await goTo(page, `#/endpoints/default/Users/${id}`);
  await page.getByRole("button", { name: "Edit" }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).press("Enter");
  await page.locator("button:focus", { hasText: "Edit" }).waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).press("Enter");
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).press("Enter");
  await page.getByText(/^Deleted (?:now|\d+ s ago)/).waitFor();
  await atHeading("saved@example.com");
});

test("data that is looked up again leaves the focus where it is", async () => {
  const other = await openWeb(browser, server.origin, "#/server");
  await other.page.clock.install();
  await signIn(other.page, TEST_ADMIN_SECRET);
  const link = other.page.getByRole("link", { name: "Read and try it" });
  await link.focus();
  for (let time = 0; time < 3; time++) {
    await other.page.clock.fastForward(31_000);
    await delay(100);
  }
  assert.equal(
    await link.evaluate((element: { matches: (selector: string) => boolean }) => element.matches(":focus")),
    true,
  );
  assert.deepEqual(other.complaints, []);
  await other.close();
});
