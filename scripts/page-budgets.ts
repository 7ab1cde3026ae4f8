/**
 * Measures the page in a browser against its budgets, and fails if it exceeds one.
 * Usage: npm run web:budgets -- [--users 20000] [--slack 1]
 * --slack multiplies the limits of times, for machines that do other work.
 */
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { startBrowser } from "../packages/server/src/http/page/testing/browser.ts";
import { startApplication, TEST_ADMIN_SECRET } from "../packages/server/src/testing/application.ts";
import { populate } from "../packages/server/src/testing/population.ts";

const { values } = parseArgs({
  options: { users: { type: "string", default: "20000" }, slack: { type: "string", default: "1" } },
});
const users = Number(values.users);
const slack = Number(values.slack);

const MAX_FIRST_LOAD_KIB = 250;
const MAX_FIRST_LOAD_REQUESTS = 12;
const MAX_FEED_MS = 1_000;
const ROUND_TRIP_MS = 80;
const MAX_DISTANT_FEED_MS = 2_000;
const MAX_TASK_MS = 50;
const MAX_LIST_MS = 300;

const ROWS = 10_000;
const STEP_PIXELS = 2_000;
const STEP_MS = 30;

/** Other programs disturb a measurement, so the best attempt counts. */
const ATTEMPTS = 3;

type Budget = { readonly name: string; readonly unit: string; readonly limit: number; readonly measured: number };

const server = await startApplication();
populate(join(server.dataDir, "scim.db"), {
  ...{ endpoint: 1, users, groups: 0, groupsOfEach: 0, exchanges: 0 },
});
await provision(ROWS + 500);
const distant = await delayingProxy(server.port, ROUND_TRIP_MS / 2);
const browser = await startBrowser();
const budgets: Budget[] = [];
try {
  const near = await best(() => firstLoad(browser, server.origin));
  budgets.push(
    { name: "first load", unit: "KiB", limit: MAX_FIRST_LOAD_KIB, measured: near.kib },
    { name: "first load", unit: "requests", limit: MAX_FIRST_LOAD_REQUESTS, measured: near.requests },
    { name: "feed usable on the loopback", unit: "ms", limit: MAX_FEED_MS, measured: near.ms },
  );
  const far = await best(() => firstLoad(browser, distant.origin));
  const farName = `feed usable at ${ROUND_TRIP_MS} ms round trip`;
  budgets.push({ name: farName, unit: "ms", limit: MAX_DISTANT_FEED_MS, measured: far.ms });
  const page = await signedIn(browser, server.origin);
  const lists = await best(() => openList(page));
  const listName = `first page of ${users.toLocaleString("en")} users`;
  budgets.push({ name: listName, unit: "ms", limit: MAX_LIST_MS, measured: lists.ms });
  for (const [name, hash] of [
    ["exchanges", "#/"],
    ["users", "#/endpoints/default/Users"],
  ] as const) {
    const scrolled = await best(() => scrollThrough(page, hash));
    const rows = ROWS.toLocaleString("en");
    budgets.push({ name: `longest task over ${rows} ${name}`, unit: "ms", limit: MAX_TASK_MS, measured: scrolled.ms });
  }
} finally {
  await browser.close();
  distant.close();
  await server.close();
}
for (const { name, unit, limit, measured } of budgets) {
  const isExceeded = measured > (unit === "ms" ? limit * slack : limit);
  const verdict = isExceeded ? "EXCEEDED" : "ok      ";
  console.log(`${verdict} ${name.padEnd(40)} ${String(Math.round(measured)).padStart(6)} of ${limit} ${unit}`);
  if (isExceeded) process.exitCode = 1;
}

/** Creates users as Entra ID does, which fills the feed. */
async function provision(count: number): Promise<void> {
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  const entra = { "user-agent": "AzureAD-Prov/1.0 (Microsoft.Azure.SyncFabric)" };
  for (let number = 0; number < count; number += 50) {
    const users = Array.from({ length: 50 }, (_, index) => ({
      schemas,
      userName: `new.${number + index}@example.com`,
    }));
    await Promise.all(users.map((user) => server.client.post("/Users", user, entra)));
  }
}

/** The minimum of several attempts. */
async function best<Result extends { readonly ms: number }>(attempt: () => Promise<Result>): Promise<Result> {
  const results: Result[] = [];
  for (let time = 0; time < ATTEMPTS; time++) results.push(await attempt());
  return results.reduce((one, other) => (other.ms < one.ms ? other : one));
}

/** A page of a signed-in administrator in a new browser profile. */
async function signedIn(browser: Browser, origin: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  await context.request.post(`${origin}/api/session`, { data: { secret: TEST_ADMIN_SECRET } });
  return context.newPage();
}

/** Loads the page for the first time. It is usable when a row of the feed can be opened. */
async function firstLoad(browser: Browser, origin: string) {
  const page = await signedIn(browser, origin);
  const since = performance.now();
  await page.goto(`${origin}/`, { waitUntil: "commit" });
  await page.locator("[data-row]").first().click({ trial: true });
  const ms = performance.now() - since;
  const [requests, bytes] = (await page.evaluate(`(() => {
    const files = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
      .filter(({ name }) => !name.includes("/api/"));
    return [files.length, files.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)];
  })()`)) as [number, number];
  await page.context().close();
  return { ms, requests, kib: bytes / 1_024 };
}

/** Opens the list of users from another view. */
async function openList(page: Page) {
  await page.goto(`${server.origin}/#/server`);
  await page.reload();
  const link = page.getByRole("navigation").getByRole("link", { name: "Users" });
  await link.hover();
  await page.getByText("Node.js", { exact: true }).waitFor();
  const since = performance.now();
  await link.click();
  await page.getByRole("table", { name: "Users" }).getByRole("link").first().waitFor();
  return { ms: performance.now() - since };
}

/** Scrolls through the table with the wheel. @returns the longest task of the browser's main thread */
async function scrollThrough(page: Page, hash: string) {
  await page.goto(`${server.origin}/${hash}`);
  await page.reload();
  const table = page.getByRole("table").first();
  await table.getByRole("row").nth(5).waitFor();
  await delay(500);
  await page.evaluate(`(() => {
    window.longest = 0;
    const note = (list) => { for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration); };
    new PerformanceObserver(note).observe({ type: "longtask" });
  })()`);
  const box = await table.boundingBox();
  await page.mouse.move((box?.x ?? 0) + 100, (box?.y ?? 0) + 100);
  for (;;) {
    const last = (await page.evaluate(`(() => {
      const rows = [...document.querySelectorAll("[role=table] [role=row][aria-rowindex]")];
      return Math.max(...rows.map((row) => Number(row.getAttribute("aria-rowindex"))));
    })()`)) as number;
    if (last >= ROWS) break;
    await page.mouse.wheel(0, STEP_PIXELS);
    await delay(STEP_MS);
  }
  return { ms: (await page.evaluate("window.longest")) as number };
}

/** Forwards bytes with a delay in both directions; opening a connection takes a round trip. */
async function delayingProxy(port: number, delayMs: number) {
  const proxy = createServer((socket) => {
    const upstream = connect(port, "127.0.0.1");
    const forward = (from: Socket, to: Socket, firstMs: number) => {
      const begin = performance.now() + firstMs;
      from.on("data", (chunk) =>
        setTimeout(() => to.writable && to.write(chunk), Math.max(delayMs, begin - performance.now())),
      );
      from.on("close", () => setTimeout(() => to.end(), 2 * delayMs));
      from.on("error", () => to.destroy());
    };
    forward(socket, upstream, 3 * delayMs);
    forward(upstream, socket, delayMs);
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  const address = proxy.address();
  return {
    origin: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    close: () => proxy.close(),
  };
}
