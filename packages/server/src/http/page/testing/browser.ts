import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import bundled from "@sparticuz/chromium";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** A busy machine is slow; anything slower than this is broken. */
const TIMEOUT_MS = 20_000;

/** Headless Chromium. @throws Error with what to do if it does not start */
export async function startBrowser(): Promise<Browser> {
  try {
    const executablePath = process.env["CHROMIUM_PATH"] ?? (await unpackedBrowser());
    return await chromium.launch({
      executablePath,
      // Tests run as root in containers, where the sandbox does not work. Every page is our own.
      args: ["--headless=shell", "--no-sandbox", "--disable-gpu"],
      timeout: TIMEOUT_MS,
    });
  } catch (cause) {
    const advice = "The package @sparticuz/chromium has one for Linux on x64; elsewhere set CHROMIUM_PATH to one.";
    throw new Error(`The browser for these tests did not start. ${advice}`, { cause });
  }
}

/** Test files run in parallel: each unpacks its own copy, and all use the first complete one. */
async function unpackedBrowser(): Promise<string> {
  // The package exports only its code.
  const manifest = new URL("../package.json", import.meta.resolve("@sparticuz/chromium"));
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const folder = join(tmpdir(), `scimtool-chromium-${version}`);
  const file = join(folder, "chromium");
  if (existsSync(file)) return file;
  const own = mkdtempSync(`${folder}-`);
  const { TMPDIR } = process.env;
  process.env["TMPDIR"] = own;
  try {
    await bundled.executablePath();
  } finally {
    if (TMPDIR === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = TMPDIR;
  }
  try {
    renameSync(own, folder);
  } catch {
    rmSync(own, { recursive: true, force: true });
  }
  return file;
}

export type OpenPage = {
  readonly page: Page;
  /** Errors of scripts, violations of the content security policy, requests to other hosts. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
};

/** Opens an address. The browser complains if anything is requested from another server. */
export async function openPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const { origin } = new URL(address);
  const context = await browser.newContext(options);
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    // Tests provoke errors, and the browser reports each.
    const isRefusal = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isRefusal) complaints.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith("data:")) complaints.push(`a request to ${url}`);
  });
  await page.goto(address);
  return { page, complaints, close: () => context.close() };
}

/** Asserts that nothing is wider than the window. @throws AssertionError */
export async function assertFits(page: Page): Promise<void> {
  const [width, window] = (await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")) as number[];
  assert.ok((width ?? 0) <= (window ?? 0), `${width} of ${window} pixels`);
}
