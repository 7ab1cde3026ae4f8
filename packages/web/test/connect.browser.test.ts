import assert from "node:assert/strict";
import { test } from "node:test";
import { startApplication } from "../../server/src/testing/application.ts";
import { goTo, startPage } from "./page.ts";

const ENTRA = { "user-agent": "AzureAD-Prov/1.0 (Microsoft.Azure.SyncFabric)" };
const TEST_PATH = `/Users?filter=userName%20eq%20%22${crypto.randomUUID()}%22`;

const server = await startApplication();
let token: string;
const { page } = await startPage(server, { context: { permissions: ["clipboard-read", "clipboard-write"] } });

const clipboard = () => page.evaluate("navigator.clipboard.readText()") as Promise<string>;
const light = () => page.getByRole("status").filter({ hasText: /connection|request/i });

test("while nothing is provisioned, the first view says how to connect", async () => {
  await page.getByRole("heading", { name: "Connect an identity provider", level: 1 }).waitFor();
  await page.getByText("Microsoft Entra ID only connects by https.").waitFor();
  await page.getByRole("button", { name: "Copy Tenant URL" }).click();
  await page.getByRole("button", { name: "Copy Tenant URL (copied)" }).waitFor();
  assert.equal(await clipboard(), `${server.origin}/scim/v2?aadOptscim062020`);
  await page.getByRole("tab", { name: "Okta" }).click();
  assert.equal(await page.getByLabel("SCIM 2.0 Base URL", { exact: true }).inputValue(), `${server.origin}/scim/v2`);
  await page.getByText("Test API Credentials").waitFor();
  await page.getByRole("tab", { name: "Microsoft Entra ID" }).click();
});

test("a token is created, shown once and copied", async () => {
  await page.getByRole("button", { name: "Create a token" }).click();
  await page.getByText("Copy it now: it is not shown again.").waitFor();
  await page.getByRole("button", { name: "Copy Secret token" }).click();
  await page.getByRole("button", { name: "Copy Secret token (copied)" }).waitFor();
  token = await clipboard();
  assert.equal(await page.getByLabel("Secret token", { exact: true }).inputValue(), token);
  await light().getByText("Waiting for the connection test.").waitFor();
});

test("a command that creates a first user has the new token in it", async () => {
  await page.getByRole("tab", { name: "Another" }).click();
  await page.getByRole("button", { name: "Create a token" }).click();
  const command = await page.getByLabel("Command that creates a first user").first().inputValue();
  const another = await page.getByLabel("Bearer token", { exact: true }).inputValue();
  assert.ok(command.startsWith(`curl ${server.origin}/scim/v2/Users -H "Authorization: Bearer ${another}" `), command);
  assert.equal(JSON.parse(/-d '(.*)'$/.exec(command)?.[1] ?? "").userName, "alice@example.com");
  await page.getByRole("tab", { name: "Microsoft Entra ID" }).click();
});

test("a test with a wrong token turns the light red and explains why", async () => {
  const wrong = server.connect("wrong-token", "/scim/v2");
  await wrong.get(TEST_PATH, ENTRA);
  await light().getByText("A request arrived, but it failed.").waitFor();
  await light().getByText(/token/).first().waitFor();
  await light().getByRole("link", { name: "Show the request" }).waitFor();
});

test("a test with the new token turns the light green", async () => {
  const entra = server.connect(token, "/scim/v2");
  await entra.get(TEST_PATH, ENTRA);
  await light().getByText("The connection works.").waitFor();
  await light()
    .getByText(/Entra ID tested the connection/)
    .waitFor();
  await entra.post(
    "/Users",
    { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "first@example.com" },
    ENTRA,
  );
});

test("the first provisioned user brings the activity, and connecting stays reachable", async () => {
  await page.getByRole("heading", { name: "Activity", level: 1 }).waitFor();
  await page.getByRole("row", { name: /created first@example.com/ }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to or search" }).fill("connect");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Connect an identity provider", level: 1 }).waitFor();
  await page.getByText(/“Microsoft Entra ID” was used/).waitFor();
});

test("the command palette leads to views and searches, and the endpoint can be switched", async () => {
  const { admin } = server;
  await admin.post("/api/endpoints", { name: "contoso" });
  await page.reload();
  await page.getByRole("combobox", { name: "Endpoint" }).selectOption("contoso");
  await page.getByRole("heading", { name: "Connect an identity provider to contoso" }).waitFor();
  assert.match(await page.getByLabel("Tenant URL", { exact: true }).inputValue(), /\/scim\/endpoints\/contoso\/v2/);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to or search" }).fill("first@");
  await page.getByRole("option", { name: "Search activity for “first@”" }).click();
  await page.getByRole("row", { name: /created first@example.com/ }).waitFor();
  await page.locator("body").press("g");
  await page.locator("body").press("u");
  await page.getByText("No users yet.").waitFor();
  await page.getByRole("combobox", { name: "Endpoint" }).selectOption("default");
  await page.getByRole("table", { name: "Users" }).getByRole("link", { name: "first@example.com" }).waitFor();
  await page.locator("body").press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await goTo(page, "#/nothing/here");
  await page.getByRole("heading", { name: "This page does not exist" }).waitFor();
});
