import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication } from "../../server/src/testing/application.ts";
import { assertAccessible, openWeb, signIn, startPage } from "./page.ts";

const VIEWER_SECRET = "test-viewer-secret";
const SETTINGS = [
  { flag: "--port", variable: "PORT", description: "TCP port to listen on", value: "9000", source: "environment" },
  { flag: "--host", variable: "HOST", description: "address to listen on", value: "127.0.0.1", source: "default" },
  { flag: "--admin-secret", variable: "ADMIN_SECRET", description: "secret", value: "set", source: "file" },
] as const;

const server = await startApplication({ viewerSecret: VIEWER_SECRET }, { settings: SETTINGS });
const { admin } = server;
await admin.post("/api/endpoints", { name: "contoso", settings: { profile: "strict" } });
const { browser, page } = await startPage(server, { hash: "#/server" });

const card = (name: string) => page.getByRole("region", { name, exact: true });

test("the version, the load and the guides are shown", async () => {
  await card("Version").getByText(process.versions.node, { exact: true }).waitFor();
  await card("Load")
    .getByText(/^\d+ of 2,000$/)
    .waitFor();
  await card("Load").getByRole("progressbar", { name: "Large bodies in memory" }).waitFor();
  await card("Load")
    .getByText(/ms usually/)
    .waitFor();
  const links = card("API and guides");
  assert.equal(await links.getByRole("link", { name: "Read and try it" }).getAttribute("href"), "/api/docs");
  assert.match(
    (await links.getByRole("link", { name: "Connect Entra ID or Okta" }).getAttribute("href")) ?? "",
    /\/docs\/connect\.md$/,
  );
  await assertAccessible(page);
});

test("each setting has its source, and those at their default can be hidden", async () => {
  await card("Settings")
    .getByRole("row", { name: /^PORT 9000 environment/ })
    .waitFor();
  await card("Settings")
    .getByRole("row", { name: /^ADMIN_SECRET set file/ })
    .waitFor();
  await card("Settings")
    .getByRole("row", { name: /^HOST 127\.0\.0\.1 default/ })
    .waitFor();
  await card("Settings").getByLabel("Only those that differ from the default").check();
  await card("Settings").getByRole("row", { name: /^HOST/ }).waitFor({ state: "hidden" });
});

test("what administrators changed is listed with the values before and after", async () => {
  await admin.send("PATCH", "/api/endpoints/contoso", { body: { settings: { limits: { maxPageSize: 5 } } } });
  const recorded = async () => (await admin.get("/api/exchanges?kind=endpoint.changed")).body.exchanges.length > 0;
  while (!(await recorded())) await delay(20);
  await page.reload();
  const entry = card("Administration").getByRole("listitem").filter({ hasText: "limits.maxPageSize" }).first();
  await entry.getByText(/changed the setting limits\.maxPageSize of the endpoint contoso/).waitFor();
  await entry.getByText(/admin secret, from 127\.0\.0\.1/).waitFor();
  await entry.getByText("1 value").click();
  await entry.getByRole("row", { name: "limits.maxPageSize – 5" }).waitFor();
  await assertAccessible(page);
});

test("another session is ended", async () => {
  const other = await openWeb(browser, server.origin, "#/server", { viewport: { width: 390, height: 800 } });
  await signIn(other.page, VIEWER_SECRET);
  await other.page.getByText("Viewer (you)").waitFor();
  assert.equal(await other.page.getByRole("button", { name: /^End/ }).count(), 0);
  await assertFits(other.page);
  await assertAccessible(other.page);
  await page.reload();
  await card("Sessions").getByText("Administrator (you)").waitFor();
  await card("Sessions")
    .getByRole("button", { name: /^End the session/ })
    .click();
  await page.getByRole("alertdialog").getByRole("button", { name: "End" }).click();
  await page.getByText("The session was ended").first().waitFor();
  await other.page.getByLabel("Admin or viewer secret").waitFor();
  await other.close();
});
