import assert from "node:assert/strict";
import { test } from "node:test";
import { startApplication } from "../../server/src/testing/application.ts";
import { assertAccessible, goTo, startPage } from "./page.ts";

const SECRET = "correct horse battery staple";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

const server = await startApplication();
const { client } = server;
const { body } = await client.post("/Users", { schemas: [USER], userName: "alice", displayName: "Alice Young" });
const alice = body.id;
await client.post("/Users", { schemas: [USER], userName: "alice" });
await fetch(`${server.origin}/scim/v2/Users`, { headers: { authorization: "Bearer wrong" } });
const { page } = await startPage(server);

const response = () => page.getByRole("region", { name: "Response" });
const send = () => page.getByRole("button", { name: "Send", exact: true }).click();
const path = () => page.getByRole("combobox", { name: "Path" });

test("a path is completed, and the response is shown", async () => {
  await page.getByRole("link", { name: "Workbench" }).click();
  await path().fill("/Us");
  await page.getByRole("option", { name: "/Users", exact: true }).click();
  await path().fill("/Users/al");
  await page.getByRole("option", { name: "alice" }).click();
  assert.equal(await path().inputValue(), `/Users/${alice}`);
  await page.getByText("It changes nothing.").waitFor();
  await send();
  await response().getByText("The server answered 200 OK").waitFor();
  await response().getByText('"Alice Young"').waitFor();
  await assertAccessible(page);
});

test("a change says that it is one, shows what changed, and a body that is not JSON is sent as it is", async () => {
  await page.getByLabel("Method").selectOption("PATCH");
  await page.getByText("really changes data").waitFor();
  const body = page.getByLabel("Body");
  await body.fill('{"schemas": [');
  await page.getByText(/^This is not valid JSON: .*You can send it anyway\.$/).waitFor();
  await send();
  await response().getByText("The server answered 400 Bad Request").waitFor();
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
  const value = { title: "Engineer", password: SECRET };
  await body.fill(JSON.stringify({ schemas, Operations: [{ op: "replace", value }] }));
  await send();
  await response().getByText("The server answered 200 OK").waitFor();
  await response().getByRole("row", { name: "title – Engineer" }).waitFor();
  await response().getByRole("link", { name: "Show the exchange" }).waitFor();
});

test("what was sent from this browser is listed, without secrets, and can be edited again", async () => {
  await page.reload();
  const history = page.getByRole("region", { name: "History" });
  await history.getByRole("link").nth(2).waitFor();
  const stored = (await page.evaluate("JSON.stringify(localStorage)")) as string;
  assert.ok(stored.includes(alice) && !stored.includes(SECRET));
  await history.getByRole("link", { name: "PATCH" }).first().click();
  const body = page.getByLabel("Body").and(page.getByText("Engineer"));
  assert.doesNotMatch(await body.inputValue(), new RegExp(SECRET));
});

test("a failed exchange is edited and sent, and its remedies lead to where they are carried out", async () => {
  await goTo(page, "#/?show=failures&method=POST");
  await page.locator('[data-row="0"]').click();
  const panel = page.getByRole("dialog", { name: "Exchange" });
  await panel.getByRole("link", { name: "Show the base URL and steps" }).first().waitFor();
  await panel.getByRole("button", { name: "Edit and send" }).click();
  const body = page.getByLabel("Body");
  await body.fill((await body.inputValue()).replace("alice", "bob"));
  await send();
  await response().getByText("The server answered 201 Created").waitFor();
  await response().getByRole("link", { name: "Show the exchange" }).click();
  await panel.getByRole("heading", { name: /created bob/ }).waitFor();
  await goTo(page, "#/?status=401");
  await page.locator('[data-row="0"]').click();
  await panel.getByRole("link", { name: "Show the base URL, or create a token" }).first().click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: "Connect" }).waitFor();
});
