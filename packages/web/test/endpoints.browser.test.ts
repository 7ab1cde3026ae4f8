import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startIssuer } from "../../server/src/auth/testing/issuer.ts";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication } from "../../server/src/testing/application.ts";
import { assertAccessible, goTo, openWeb, signIn, startPage } from "./page.ts";

const VIEWER_SECRET = "test-viewer-secret";
const USER = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "anna@example.com" };

const server = await startApplication({ viewerSecret: VIEWER_SECRET });
const { admin } = server;
const issuer = await startIssuer();
let token: string;
const { browser, page } = await startPage(server, { hash: "#/endpoints" });
after(async () => {
  await issuer.close();
});

const dialog = (name: string | RegExp) => page.getByRole("alertdialog", { name });
const tab = (name: string) => page.getByRole("tab", { name }).click();

test("an endpoint is created, and its connection details follow", async () => {
  await page.getByRole("button", { name: "New endpoint" }).click();
  await dialog("New endpoint").getByLabel("Name").fill("Not valid");
  await dialog("New endpoint").getByRole("button", { name: "Create" }).click();
  await dialog("New endpoint").getByRole("alert").waitFor();
  await dialog("New endpoint").getByLabel("Name").fill("contoso");
  await dialog("New endpoint").getByLabel("Preset").selectOption("Limited application: the minimum");
  await dialog("New endpoint").getByText("features.filter = eq").waitFor();
  await dialog("New endpoint").getByLabel("Preset").selectOption("Limited application: small pages");
  await dialog("New endpoint").getByText("limits.maxPageSize = 10").waitFor();
  await assertAccessible(page);
  await dialog("New endpoint").getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "Connect an identity provider to contoso" }).waitFor();
});

test("a token is created, shown once and used; its last use is shown", async () => {
  await goTo(page, "#/endpoints/contoso");
  await page.getByText("No identity provider can sign in yet").waitFor();
  await page.getByRole("button", { name: "New token or client" }).click();
  const form = dialog("New token or client");
  await form.getByLabel("Label").fill("Entra ID production");
  await form.getByLabel("Expires").selectOption("In 90 days");
  await form.getByRole("button", { name: "Create" }).click();
  const shown = dialog("Entra ID production");
  token = await shown.getByLabel("Token", { exact: true }).inputValue();
  await shown.getByText("it is not shown again").waitFor();
  await assertAccessible(page);
  await shown.getByRole("button", { name: "Done" }).click();
  await page.getByRole("row", { name: /Entra ID production Token read, write just now never/ }).waitFor();
  const client = server.connect(token, "/scim/endpoints/contoso/v2");
  assert.equal((await client.post("/Users", USER)).status, 201);
  await page
    .getByRole("row", { name: /Entra ID production Token read, write (?:now|\d+ s ago) (?:now|\d+ s ago)/ })
    .waitFor();
});

test("the label, expiry and scopes of a token are changed", async () => {
  await page.getByRole("button", { name: "Edit Entra ID production" }).click();
  const form = dialog("Edit “Entra ID production”");
  await form.getByLabel("Label").fill("Entra ID");
  await form.getByLabel("Expires").selectOption("Never");
  await form.getByLabel("Read-only").check();
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /^Entra ID Token read .* never/ }).waitFor();
  await page.getByRole("button", { name: "Edit Entra ID" }).click();
  await dialog("Edit “Entra ID”").getByLabel("Read-only").uncheck();
  await dialog("Edit “Entra ID”").getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /^Entra ID Token read, write/ }).waitFor();
});

test("an OAuth client is created with its token URL, rotated and removed", async () => {
  await page.getByRole("button", { name: "New token or client" }).click();
  const form = dialog("New token or client");
  await form.getByLabel(/^OAuth client/).check();
  await form.getByLabel("Label").fill("Okta");
  await form.getByLabel("Read-only").check();
  await form.getByRole("button", { name: "Create" }).click();
  const shown = dialog("Okta");
  assert.match(await shown.getByLabel("Token URL", { exact: true }).inputValue(), /^http.*contoso/);
  const first = await shown.getByLabel("Client secret", { exact: true }).inputValue();
  await shown.getByRole("button", { name: "Done" }).click();
  await page.getByRole("row", { name: /Okta OAuth client/ }).waitFor();
  await page.getByRole("button", { name: "Rotate Okta" }).click();
  await dialog("Rotate “Okta”?").getByRole("button", { name: "Create a new secret" }).click();
  const rotated = page.getByRole("alertdialog").filter({ hasText: "The old secret stays valid for 24 hours." });
  assert.notEqual(await rotated.getByLabel("Client secret", { exact: true }).inputValue(), first);
  await rotated.getByRole("button", { name: "Done" }).click();
  await page
    .getByRole("button", { name: /^Remove Okta/ })
    .first()
    .click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await page
    .getByText(/^“Okta.*” was removed$/)
    .first()
    .waitFor();
  await page.getByRole("button", { name: /^Remove Okta/ }).waitFor();
});

test("an issuer is trusted, and a token is compared with the trust claim by claim", async () => {
  await tab("Trusted issuers");
  await page.getByText("This endpoint trusts no issuer.").waitFor();
  await page.getByRole("button", { name: "Trust an issuer" }).click();
  const form = dialog("Trust an issuer");
  await form.getByLabel("Label").fill("Build");
  await form.getByLabel("Issuer").fill(issuer.issuer);
  await form.getByLabel("Audience").fill("scim");
  await assertAccessible(page);
  await form.getByRole("button", { name: "Trust" }).click();
  await page.getByRole("row", { name: /^Build http.* aud: scim/ }).waitFor();
  const exp = Math.floor(Date.now() / 1_000) + 600;
  await page.getByLabel("Token (JWT)").fill(await issuer.sign({ iss: issuer.issuer, aud: "payroll", exp }));
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByText("Rejected", { exact: true }).waitFor();
  await page.getByRole("row", { name: /^audience Wrong .*scim.*payroll/ }).waitFor();
  await page.getByRole("row", { name: /^signature OK/ }).waitFor();
  await assertAccessible(page);
  await page.getByRole("button", { name: "Edit Build" }).click();
  await dialog("Edit “Build”").getByLabel("Audience").fill("payroll");
  await dialog("Edit “Build”").getByLabel("Read-only").check();
  await dialog("Edit “Build”").getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /^Build http.* read (?:now|\d+ s ago) never aud: payroll/ }).waitFor();
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByText("Accepted by “Build”").waitFor();
  await page.getByRole("button", { name: "Remove Build" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("This endpoint trusts no issuer.").waitFor();
});

test("settings are changed one by one; a refusal is explained", async () => {
  await tab("Settings");
  const form = page.getByRole("form", { name: "Settings" });
  await form.getByLabel("Creating a deactivated user again").selectOption("Reactivate the existing user");
  await form.getByRole("spinbutton", { name: "Resources on a page" }).fill("250");
  await form.getByRole("row", { name: "Resources on a page 10 250" }).waitFor();
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).first().waitFor();
  const { body } = await admin.get("/api/endpoints/contoso");
  assert.deepEqual(body.settings, { recreate: "reactivate", limits: { maxPageSize: 250 } });
  await form.getByRole("spinbutton", { name: "Resources on a page" }).fill("0");
  await form.getByRole("button", { name: "Save" }).click();
  await form
    .getByRole("alert")
    .getByText(/maxPageSize/)
    .waitFor();
  await form.getByRole("button", { name: "Discard changes" }).click();
  assert.equal(await form.getByRole("spinbutton", { name: "Resources on a page" }).inputValue(), "250");
  await form.getByRole("button", { name: "Reset to default: 1000 (Resources on a page)" }).click();
  await form.getByRole("row", { name: "Resources on a page 250 1000 (default)" }).waitFor();
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByRole("row", { name: /^Resources on a page/ }).waitFor({ state: "hidden" });
  const after = await admin.get("/api/endpoints/contoso");
  assert.deepEqual(after.body.settings, { recreate: "reactivate", limits: {} });
  await assertAccessible(page);
});

test("a resource type is defined: mistakes have a place, and changes are shown before saving", async () => {
  // Forms use the same definitions.
  await goTo(page, "#/endpoints/contoso/Users");
  await page.getByRole("button", { name: "New user" }).waitFor();
  await goTo(page, "#/endpoints/contoso?tab=schemas");
  await page.getByRole("heading", { name: /^Group/ }).waitFor();
  const card = page.getByRole("region", { name: "Definitions" });
  const area = card.getByLabel("Definitions as JSON");
  const check = card.getByRole("button", { name: "Check" });
  const original = await area.inputValue();
  await card.getByRole("button", { name: "Insert an example" }).click();
  await check.click();
  await card.getByRole("row", { name: /^resourceTypes: Device – / }).waitFor();
  await area.fill(original.replace('"schemas": [],', '"schemas": [,'));
  await check.click();
  await card
    .getByRole("alert")
    .getByText(/^Line 2, column \d+: This is not valid JSON/)
    .waitFor();
  const attributes = [{ name: "serialNumber", type: "text" }];
  const definitions = {
    schemas: [{ id: "urn:example:Device", name: "Device", attributes }],
    resourceTypes: [{ name: "Device", endpoint: "/Devices", schema: "urn:example:Device" }],
    unique: ["Group:displayName"],
    indexed: ["Device:serialNumber"],
  };
  await area.fill(JSON.stringify(definitions, null, 2));
  await check.click();
  await card
    .getByRole("alert")
    .getByText(/^Line 9, column \d+: schemas\[0\]: .*type must be one of/)
    .waitFor();
  await card.getByRole("button", { name: "Show the place" }).click();
  assert.ok(await area.evaluate((element) => element === element.ownerDocument.activeElement));
  await area.fill(JSON.stringify(definitions, null, 2).replace('"text"', '"string"'));
  await check.click();
  await card.getByRole("row", { name: /^resourceTypes: Device – / }).waitFor();
  await card.getByRole("row", { name: 'indexed: Device:serialNumber – "Device:serialNumber"' }).waitFor();
  await assertAccessible(page);
  await card.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Device /Devices" }).waitFor();
  await page.getByText("urn:example:Device", { exact: true }).first().click();
  await page.getByRole("row", { name: "serialNumber string" }).waitFor();
  await assertAccessible(page);
});

test("the list shows how requests went, and two endpoints are compared", async () => {
  const client = server.connect(token, "/scim/endpoints/contoso/v2");
  assert.equal((await client.post("/Users", USER)).status, 409);
  const failures = "/api/exchanges?endpoint=contoso&severity=warning,error";
  while ((await admin.get(failures)).body.exchanges.length === 0) await delay(20);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await goTo(page, "#/endpoints");
  const card = page.getByRole("region", { name: "contoso" });
  await card.getByText(/^Last failure$/).waitFor();
  await card.getByRole("link", { name: /^\d+ failures?$/ }).waitFor();
  await card.getByRole("link", { name: "0 devices" }).waitFor();
  const health = asked.filter((path) => /contoso|statistics|exchanges/.test(path));
  assert.deepEqual(health, ["/api/endpoints/contoso/clients"]);
  await assertAccessible(page);
  await page.getByRole("link", { name: "Compare settings" }).click();
  await page.getByLabel("Compared with").selectOption("contoso");
  await page.getByLabel("Settings of").selectOption("default");
  await page.getByRole("row", { name: "recreate refuse reactivate" }).waitFor();
  assert.equal(await page.getByRole("row", { name: /^profile|^features/ }).count(), 0);
  await assertAccessible(page);
  await goTo(page, "#/endpoints/contoso");
});

test("an endpoint is deactivated and activated again", async () => {
  await tab("Deactivate and delete");
  await page.getByRole("button", { name: "Deactivate…" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Deactivate" }).click();
  await page.getByText("This endpoint is deactivated: identity providers get 403.").waitFor();
  const client = server.connect(token, "/scim/endpoints/contoso/v2");
  assert.equal((await client.get("/Users")).status, 403);
  await page.getByRole("button", { name: "Activate" }).click();
  await page.getByRole("button", { name: "Deactivate…" }).waitFor();
  assert.equal((await client.get("/Users")).status, 200);
});

test("an endpoint is renamed, emptied and deleted, once its name was typed", async () => {
  await tab("Deactivate and delete");
  await page.getByRole("button", { name: "Rename…" }).click();
  await dialog("Rename contoso").getByLabel("New name").fill("fabrikam");
  await dialog("Rename contoso").getByRole("button", { name: "Rename" }).click();
  await page.getByRole("heading", { name: "fabrikam", level: 1 }).waitFor();
  await tab("Deactivate and delete");
  await page.getByRole("button", { name: "Empty…" }).click();
  await dialog("Empty fabrikam?").getByLabel(/^Type/).fill("fabrikam");
  await dialog("Empty fabrikam?").getByRole("button", { name: "Empty" }).click();
  await page.getByText("Removed 1 resource").first().waitFor();
  await page.getByRole("button", { name: "Delete…" }).click();
  await dialog("Delete fabrikam?").getByLabel(/^Type/).fill("fab");
  assert.ok(await dialog("Delete fabrikam?").getByRole("button", { name: "Delete" }).isDisabled());
  await dialog("Delete fabrikam?").getByLabel(/^Type/).fill("fabrikam");
  await dialog("Delete fabrikam?").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Endpoints", level: 1 }).waitFor();
  await page.getByText("fabrikam was deleted").first().waitFor();
  assert.equal(await page.getByRole("region", { name: "fabrikam" }).count(), 0);
});

test("a viewer sees everything and changes nothing; it fits a phone", async () => {
  const other = await openWeb(browser, server.origin, "#/endpoints/default", { viewport: { width: 390, height: 800 } });
  await signIn(other.page, VIEWER_SECRET);
  await other.page.getByRole("row", { name: /shared secret/ }).waitFor();
  await assertFits(other.page);
  await assertAccessible(other.page);
  for (const name of ["New token or client", "Save", "Delete…"]) {
    assert.equal(await other.page.getByRole("button", { name }).count(), 0, name);
  }
  await other.page.getByRole("tab", { name: "Settings" }).click();
  await other.page.getByLabel("Profile").waitFor();
  assert.ok(await other.page.getByLabel("Profile").isDisabled());
  await assertFits(other.page);
  assert.deepEqual(other.complaints, []);
  await other.close();
});
