import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { startApplication, TEST_ADMIN_SECRET } from "../../../testing/application.ts";
import { startBrowser } from "../../page/testing/browser.ts";

const server = await startApplication();
const browser: Browser = await startBrowser();

after(async () => {
  await browser.close();
  await server.close();
});

/** Fills in the body of an operation, sends it, and waits for the response. @returns the status */
async function tryOut(page: Page, operation: string, body: object): Promise<string> {
  const block = page.locator(`#operations-${operation}`);
  await block.locator(".opblock-summary-control").click();
  await block.locator(".try-out__btn").click();
  await block.locator("textarea").fill(JSON.stringify(body));
  await block.locator(".execute").click();
  const status = block.locator(".live-responses-table .response .response-col_status");
  return ((await status.first().textContent()) ?? "").trim();
}

test("everything can be tried on the page after signing in there, without other servers", async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => request.url().startsWith(server.origin) || complaints.push(request.url()));
  await page.goto(`${server.origin}/api/docs`);
  assert.match(await tryOut(page, "Session-postSession", { secret: TEST_ADMIN_SECRET }), /^200/);
  assert.match(await tryOut(page, "Endpoints-postEndpoints", { name: "tried" }), /^201/);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("the page follows the system's dark mode, and fits a narrow window", async () => {
  const page = await browser.newPage({ colorScheme: "dark", viewport: { width: 360, height: 800 } });
  await page.goto(`${server.origin}/api/docs`);
  await page.locator(".opblock").first().waitFor();
  const { isDark, overflow } = (await page.evaluate(`({
    isDark: document.documentElement.classList.contains("dark-mode"),
    overflow: document.documentElement.scrollWidth - innerWidth,
  })`)) as { isDark: boolean; overflow: number };
  assert.deepEqual([isDark, overflow], [true, 0]);
  await page.emulateMedia({ colorScheme: "light" });
  // Not a wait function in the page, because the policy forbids creating one from text.
  const isStillDark = () => page.evaluate(`document.documentElement.classList.contains("dark-mode")`);
  for (let tries = 0; tries < 200 && (await isStillDark()); tries++) await page.waitForTimeout(20);
  assert.equal(await isStillDark(), false);
  await page.close();
});
