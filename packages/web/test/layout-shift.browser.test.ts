import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication } from "../../server/src/testing/application.ts";
import { startPage } from "./page.ts";

const ENTRA = { "user-agent": "AzureAD-Prov/1.0 (Microsoft.Azure.SyncFabric)" };

/** Every answer of the API takes this long, so each view is seen without its data. */
const SLOW_MS = 300;

/** "Good" are sums up to 0.1 (https://web.dev/articles/cls). */
const MOST_SHIFT = 0.05;

/** Notes what moved and by how much, and whether something said that it was loading. */
const OBSERVE = `
  window.shifts = [];
  window.wasLoading = false;
  new MutationObserver(() => {
    wasLoading ||= document.querySelector("#main [class*=skeleton], #main [role=row][aria-busy=true]") !== null;
  }).observe(document, { childList: true, subtree: true });
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      const moved = sources.map(({ node }) => node?.className || node?.nodeName || "gone");
      window.shifts.push({ value, moved });
    }
  }).observe({ type: "layout-shift", buffered: true });
`;

type Shift = { readonly value: number; readonly moved: readonly string[] };

const server = await startApplication();
const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
for (let number = 0; number < 40; number++) {
  await server.client.post("/Users", { schemas, userName: `user.${number}@example.com` }, ENTRA);
}
const joy = (await server.client.post("/Users", { schemas, userName: "joy@example.com" }, ENTRA)).body.id;
await server.client.patch(`/Users/${joy}`, [{ op: "replace", path: "title", value: "Engineer" }], ENTRA);
await server.client.post("/Users", { schemas, userName: "user.1@example.com" }, ENTRA);
for (let time = 0; time < 3; time++) {
  await server.client.get(`/Users?filter=userName%20eq%20%22${crypto.randomUUID()}%22`, ENTRA);
}
const { page } = await startPage(server);
const failed = await addressOf("the request that created");
const changed = await addressOf("title");
await page.addInitScript(OBSERVE);
await page.route("**/api/**", (route) => delay(SLOW_MS).then(() => route.continue()));

/** Opens the exchange with this sentence. */
async function addressOf(sentence: string): Promise<string> {
  await page.goto(`${server.origin}/#/`);
  await page.getByRole("table").locator("[data-row]").filter({ hasText: sentence }).click();
  await page.waitForURL(/exchange=/);
  return new URL(page.url()).hash;
}

for (const [view, hash, shown] of [
  ["Activity", "#/", "created user.39@example.com"],
  ["Exchange", failed, "What to change"],
  ["Exchange that changed something", changed, "Engineer"],
  ["Users", "#/endpoints/default/Users", "user.1@example.com"],
  ["a user", `#/endpoints/default/Users/${joy}`, "Engineer"],
  ["Endpoints", "#/endpoints", "Last success"],
  ["an endpoint", "#/endpoints/default", "shared secret"],
  ["Client health", "#/endpoints/default?tab=clients", "Last success"],
  ["Trusted issuers", "#/endpoints/default?tab=trusts", "trusts no issuer"],
  ["Schemas", "#/endpoints/default?tab=schemas", "22 attributes"],
  ["Connect", "#/endpoints/default/connect", "Tenant URL"],
  ["Server", "#/server", "Memory of the process"],
  ["Storage", "#/storage", "No backup"],
] as const) {
  test(`nothing moves in ${view} when its data arrives`, async () => {
    await page.goto("about:blank");
    await page.goto(`${server.origin}/${hash}`);
    await page.locator("#main").getByText(shown).first().waitFor();
    await delay(2 * SLOW_MS);
    if (view !== "Storage") assert.ok(await page.evaluate("wasLoading"));
    const shifts = (await page.evaluate("window.shifts")) as readonly Shift[];
    const sum = shifts.reduce((total, { value }) => total + value, 0);
    assert.ok(sum < MOST_SHIFT, `${sum}: ${JSON.stringify(shifts)}`);
  });
}
