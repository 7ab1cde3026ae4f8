import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { type OpenPage, startBrowser } from "../../server/src/http/page/testing/browser.ts";
import { startApplication, TEST_ADMIN_SECRET } from "../../server/src/testing/application.ts";
import { openWeb, signIn } from "./page.ts";

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
let browser: Browser;
let opened: OpenPage;
let page: Page;
let failed: string;
let changed: string;
before(async () => {
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  for (let number = 0; number < 40; number++) {
    await server.client.post("/Users", { schemas, userName: `user.${number}@example.com` }, ENTRA);
  }
  const { body } = await server.client.post("/Users", { schemas, userName: "joy@example.com" }, ENTRA);
  await server.client.patch(`/Users/${body.id}`, [{ op: "replace", path: "title", value: "Engineer" }], ENTRA);
  await server.client.post("/Users", { schemas, userName: "user.1@example.com" }, ENTRA);
  for (let time = 0; time < 3; time++) {
    await server.client.get(`/Users?filter=userName%20eq%20%22${crypto.randomUUID()}%22`, ENTRA);
  }
  browser = await startBrowser();
  opened = await openWeb(browser, server.origin);
  page = opened.page;
  await signIn(page, TEST_ADMIN_SECRET);
  failed = await addressOf("the request that created");
  changed = await addressOf("title");
  await page.addInitScript(OBSERVE);
  await page.route("**/api/**", (route) => delay(SLOW_MS).then(() => route.continue()));
});
after(async () => {
  await browser?.close();
  await server.close();
});

/** Opens the exchange with this sentence. */
async function addressOf(sentence: string): Promise<string> {
  await page.goto(`${server.origin}/#/`);
  await page.getByRole("table").locator("[data-row]").filter({ hasText: sentence }).click();
  await page.waitForURL(/exchange=/);
  return new URL(page.url()).hash;
}

for (const [view, hash, shown] of [
  ["Activity", () => "#/", "created user.39@example.com"],
  ["Exchange", () => failed, "What to change"],
  ["Exchange that changed something", () => changed, "Engineer"],
  ["Users", () => "#/endpoints/default/Users", "user.1@example.com"],
  ["Endpoints", () => "#/endpoints", "Last success"],
  ["Storage", () => "#/storage", "No backup"],
] as const) {
  test(`nothing moves in ${view} when its data arrives`, async () => {
    await page.goto("about:blank");
    await page.goto(`${server.origin}/${hash()}`);
    await page.locator("#main").getByText(shown).first().waitFor();
    await delay(2 * SLOW_MS);
    if (view !== "Storage") assert.ok(await page.evaluate("wasLoading"));
    const shifts = (await page.evaluate("window.shifts")) as readonly Shift[];
    const sum = shifts.reduce((total, { value }) => total + value, 0);
    assert.ok(sum < MOST_SHIFT, `${sum}: ${JSON.stringify(shifts)}`);
  });
}

test("the browser complained about nothing", () => {
  assert.deepEqual(opened.complaints, []);
});
