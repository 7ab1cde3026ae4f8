import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFits } from "../../server/src/http/page/testing/browser.ts";
import { startApplication, TEST_ADMIN_SECRET } from "../../server/src/testing/application.ts";
import { assertAccessible, goTo, openWeb, signIn, startPage, waitUntil } from "./page.ts";

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";

/** What the first load may take. */
const MAX_FIRST_BYTES = 250 * 1_024;
const MAX_FIRST_FILES = 12;

/** Fluent's `colorNeutralBackground2` in the light theme. */
const LIGHT = "rgb(250, 250, 250)";

const server = await startApplication();
const { client } = server;
const joy = (await client.post("/Users", { schemas: [CORE], userName: "joy@example.com", title: "Lead" })).body.id;
await client.post("/Users", { schemas: [CORE], userName: "joy@example.com" });
const group = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "Finance" };
await client.post("/Groups", { ...group, members: [{ value: joy }] });
for (let number = 0; number < 40; number++) {
  await client.post("/Users", { schemas: [CORE], userName: `user.${number}@example.com` });
}
const views: readonly (readonly [name: string, hash: string, ready: string])[] = [
  ["activity", "#/", "End of list"],
  ["failures", "#/?show=failures", "1 exchange found"],
  ["nothing found", "#/?q=nothing", "Nothing matches"],
  ["connect", "#/endpoints/default/connect", "Waiting for the connection test."],
  ["users", "#/endpoints/default/Users", "user.0@example.com"],
  ["user", `#/endpoints/default/Users/${joy}`, "Full JSON"],
  ["groups", "#/endpoints/default/Groups", "Finance"],
  ["deleted", "#/endpoints/default/Groups?deleted=1", "No deleted groups on record."],
  ["endpoints", "#/endpoints", "Each endpoint has its own address"],
  ["endpoint", "#/endpoints/default", "shared secret"],
  ["settings", "#/endpoints/default?tab=settings", "Largest body in bytes"],
  ["rename and delete", "#/endpoints/default?tab=danger", "cannot be renamed or deleted"],
  ["storage", "#/storage", "On this disk only"],
  ["server", "#/server", "Node.js"],
];
const { browser, page } = await startPage(server, { isSignedIn: false });

async function show([, hash, ready]: (typeof views)[number]): Promise<void> {
  await goTo(page, hash);
  await page.getByText(ready).first().waitFor({ state: "attached" });
}

test("the sign-in form is accessible", async () => {
  await assertAccessible(page);
  await signIn(page, TEST_ADMIN_SECRET);
});

test("every view is accessible in the light and the dark theme, and fits 390, 1280 and 1440 pixels", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [width, height] of [
      [390, 800],
      [1280, 720],
      [1440, 900],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const view of views) {
        await show(view);
        await assertFits(page);
        // Its rules do not depend on small differences of the width.
        if (width !== 1440) await assertAccessible(page);
      }
    }
  }
});

test("an exchange with a diagnosis, the palette and the editor are accessible", async () => {
  await page.setViewportSize({ width: 1280, height: 720 });
  await goTo(page, "#/?show=failures");
  await page
    .getByRole("row", { name: /could not create/ })
    .first()
    .click();
  await page.getByRole("heading", { name: "Why it failed" }).waitFor();
  await assertAccessible(page);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to or search" }).waitFor();
  await assertAccessible(page);
  await page.keyboard.press("Escape");
  await show(views[5] as (typeof views)[number]);
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("userName").waitFor();
  await assertAccessible(page);
  await page.getByRole("tab", { name: "JSON" }).click();
  await page.getByLabel("Resource as JSON").waitFor();
  await assertAccessible(page);
  await page.keyboard.press("Escape");
});

test("at least 12 rows fit at 1280 × 720", async () => {
  for (const [hash, name] of [
    ["#/", "Exchanges, newest first"],
    ["#/endpoints/default/Users", "Users"],
  ] as const) {
    await goTo(page, hash);
    const table = page.getByRole("table", { name });
    await table.getByText("user.3").first().waitFor();
    const box = await table.boundingBox();
    const rows = await table
      .getByRole("row")
      .evaluateAll((elements: readonly { getBoundingClientRect: () => { bottom: number } }[]) =>
        elements.map((element) => element.getBoundingClientRect().bottom),
      );
    const bottom = (box?.y ?? 0) + (box?.height ?? 0);
    // One is the head.
    assert.ok(rows.filter((each) => each <= bottom).length - 1 >= 12, name);
  }
});

test("the theme is chosen for good, and set before the first paint", async () => {
  const ground = () =>
    page.evaluate("getComputedStyle(document.querySelector('.app')).backgroundColor") as Promise<string>;
  await page.emulateMedia({ colorScheme: "light" });
  await waitUntil(page, `getComputedStyle(document.querySelector(".app")).backgroundColor === "${LIGHT}"`);
  const light = await ground();
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await waitUntil(page, "document.documentElement.dataset.theme === 'dark'");
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.route("**/api/session", () => undefined);
  await page.reload({ waitUntil: "commit" });
  await waitUntil(page, "document.documentElement.dataset.theme === 'dark'");
  await waitUntil(page, "getComputedStyle(document.documentElement).colorScheme === 'dark'");
  await page.unroute("**/api/session");
  await page.reload();
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "High contrast" }).click();
  await waitUntil(page, "document.documentElement.dataset.theme === 'contrast'");
  await goTo(page, "#/");
  await page.getByText("End of list").waitFor({ state: "attached" });
  await assertAccessible(page);
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "System" }).click();
  assert.equal(await page.evaluate("localStorage.getItem('scimtool-theme')"), null);
});

test("the first load is small, and shows the feed within a second", async () => {
  const other = await openWeb(browser, server.origin);
  const cookies = await page.context().cookies();
  await other.page.context().addCookies(cookies);
  await other.page.goto(`${server.origin}/?measured`);
  await other.page.getByText("End of list").waitFor({ state: "attached" });
  const [files, bytes, firstRowMs] = (await other.page.evaluate(`(() => {
    const all = [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")]
      .filter(({ name }) => !name.includes("/api/"));
    const sum = all.reduce((total, { encodedBodySize }) => total + encodedBodySize, 0);
    return [all.length, sum, performance.now()];
  })()`)) as [number, number, number];
  console.log(`first load: ${files} files, ${Math.ceil(bytes / 1_024)} KiB, feed after ${Math.round(firstRowMs)} ms`);
  assert.ok(files <= MAX_FIRST_FILES, `${files} files`);
  assert.ok(bytes <= MAX_FIRST_BYTES, `${bytes} bytes`);
  await other.close();
});
