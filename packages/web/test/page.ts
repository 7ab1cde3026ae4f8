import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type OpenPage, openPage, startBrowser } from "../../server/src/http/page/testing/browser.ts";
import { type RunningApplication, TEST_ADMIN_SECRET } from "../../server/src/testing/application.ts";

type StartOptions = {
  /** The place behind `#`. */
  readonly hash?: string;
  readonly isSignedIn?: boolean;
  readonly context?: BrowserContextOptions;
};

/**
 * Opens the page of a server in a browser, for all tests of a file. At their end, both are closed; the file fails if
 * the browser complained about a script or a policy, or asked another host.
 */
export async function startPage(
  server: RunningApplication,
  { hash = "", isSignedIn = true, context = {} }: StartOptions = {},
): Promise<{ readonly browser: Browser; readonly page: Page }> {
  const browser = await startBrowser();
  const { page, complaints } = await openWeb(browser, server.origin, hash, context);
  after(async () => {
    await browser.close();
    await server.close();
    assert.deepEqual(complaints, []);
  });
  if (isSignedIn) await signIn(page, TEST_ADMIN_SECRET);
  return { browser, page };
}

/** Opens the page in a browser of its own. @param hash the place behind `#` */
export function openWeb(
  browser: Browser,
  origin: string,
  hash = "",
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  return openPage(browser, `${origin}/${hash}`, {
    viewport: { width: 1280, height: 720 },
    // Contrast is low while something fades in or out.
    reducedMotion: "reduce",
    ...options,
  });
}

export async function signIn(page: Page, secret: string): Promise<void> {
  await page.getByLabel("Admin or viewer secret").fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.locator("#main").waitFor();
}

/** Goes to a place behind `#` without loading the document again. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
}

/** Waits until an expression is true. The page's policy forbids Playwright's own way, which evaluates text in it. */
export async function waitUntil(page: Page, expression: string): Promise<void> {
  for (let looks = 0; !(await page.evaluate(expression)); looks++) {
    assert.ok(looks < MAX_LOOKS, expression);
    await page.waitForTimeout(LOOK_MS);
  }
}

const LOOK_MS = 50;
const MAX_LOOKS = 400;

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** While something fades in, its contrast is low. */
const FINISH_ANIMATIONS = `Promise.all(
  document.getAnimations()
    .filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime))
    .map(({ finished }) => finished.catch(() => undefined)),
)`;

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] };

/**
 * WCAG 2.2 AA, as far as axe can tell. Fluent UI's helper elements, which pass the focus on, are left out.
 * @throws AssertionError that names the rules and elements */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(FINISH_ANIMATIONS);
  await page.evaluate(`if (!window.axe) { ${AXE} }`);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const run = `axe.run({ exclude: ["[data-tabster-dummy]"] }, { runOnly: ${JSON.stringify(tags)}, resultTypes: ["violations"] })`;
  const { violations } = (await page.evaluate(run)) as { readonly violations: readonly Violation[] };
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join("\n  ")}`);
  assert.deepEqual(found, [], page.url());
}
