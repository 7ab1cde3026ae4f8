/**
 * Draws every view of the page, with and without data, into screenshots/ (ignored by Git), and the README's picture
 * into docs/images/. Usage: npm run screenshots
 */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { startBrowser } from "../packages/server/src/http/page/testing/browser.ts";
import {
  type RunningApplication,
  startApplication,
  TEST_ADMIN_SECRET,
  testFolder,
} from "../packages/server/src/testing/application.ts";
import { type Client, clientOf } from "../packages/server/src/testing/client.ts";

const ALL = fileURLToPath(new URL("../screenshots/", import.meta.url));
const IN_README = { view: "activity", file: fileURLToPath(new URL("../docs/images/activity.webp", import.meta.url)) };
const WEBP_QUALITY = 82;

/** By then a view has its data. */
const LOADED_MS = 700;

const WINDOWS = [
  { name: "wide", viewport: { width: 1440, height: 900 } },
  { name: "phone", viewport: { width: 390, height: 844 } },
] as const;

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const ENTRA = { "user-agent": "AzureAD-Prov/1.0 (Microsoft.Azure.SyncFabric)" };
const OKTA = { "user-agent": "Okta SCIM Client 1.0.0" };

const PEOPLE = ["Adele Vance", "Alex Wilber", "Diego Siciliani", "Isaiah Langer", "Joni Sherman", "Lidia Holloway"];
const UNUSUAL = [
  "مريم عبد الله الحسيني",
  "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh, Hubert Blaine the Third of Philadelphia",
];

type View = { readonly name: string; readonly hash: string; readonly open?: RegExp };

rmSync(ALL, { recursive: true, force: true });
mkdirSync(ALL, { recursive: true });
const backupTarget = testFolder();
const [full, empty] = [await startApplication({ backupTarget }), await startApplication()];
const browser = await startBrowser();
try {
  await administer(clientOf(full.origin, TEST_ADMIN_SECRET));
  await drawAll(browser, full, await provision(full.client), "");
  await drawAll(browser, empty, viewsOf(undefined), "empty-");
} finally {
  await browser.close();
  await full.close();
  await empty.close();
  rmSync(backupTarget, { recursive: true });
}

/** Sets up what administrators set up. */
async function administer(admin: Client): Promise<void> {
  const send = async (path: string, body: object) => {
    const { status, text } = await admin.post(path, body);
    assert.equal(status, 201, text);
  };
  const device = "urn:example:params:scim:schemas:Device";
  const attributes = Array.from({ length: 100 }, (_, index) => ({ name: `attribute${index}`, type: "string" }));
  const settings = {
    profile: "strict",
    schemas: [{ id: device, name: "Device", attributes }],
    resourceTypes: [{ name: "Device", endpoint: "/Devices", schema: device }],
  };
  await send("/api/endpoints", { name: "a-very-long-name-of-an-endpoint-as-somebody-may-choose-it", settings });
  await send("/api/endpoints/default/credentials", {
    kind: "client",
    label: UNUSUAL[1]?.slice(0, 100),
    expires: "90d",
  });
  await send("/api/endpoints/default/trusts", {
    label: "Entra ID without a secret",
    issuer: "https://sts.windows.net/00000000-0000-4000-8000-000000000000/",
    audience: "8adf8e6e-67b2-4cf2-a259-e3dc5476c621",
  });
  admin.close();
}

/** Sends what identity providers send. @returns the views that show it */
async function provision(client: Client): Promise<readonly View[]> {
  await client.get(`/Users?filter=userName%20eq%20%22${crypto.randomUUID()}%22`, ENTRA);
  const ids: string[] = [];
  for (const [index, displayName] of [...PEOPLE, ...UNUSUAL].entries()) {
    const userName = index < PEOPLE.length ? displayName.toLowerCase().replace(" ", ".") : `person.${index}`;
    const address = `${userName}@contoso.example`;
    const emails = [{ type: "work", value: address, primary: true }];
    const user = {
      schemas: [USER, ENTERPRISE],
      userName: address,
      displayName,
      emails,
      [ENTERPRISE]: { department: "Marketing" },
    };
    ids.push((await client.post("/Users", user, index % 3 === 2 ? OKTA : ENTRA)).body.id);
  }
  const [adele = "", alex = "", diego = ""] = ids;
  const many = Array.from({ length: 100 }, (_, index) => ({ type: "other", value: `alias.${index}@contoso.example` }));
  await client.patch(`/Users/${ids.at(-1)}`, [{ op: "add", path: "emails", value: many }], ENTRA);
  const members = ids.slice(0, 6).map((value) => ({ value }));
  const group = (await client.post("/Groups", { schemas: [GROUP], displayName: "Marketing", members }, ENTRA)).body.id;
  await client.post("/Groups", { schemas: [GROUP], displayName: UNUSUAL[1], members: members.slice(0, 2) }, OKTA);
  await client.patch(`/Users/${alex}`, [{ op: "replace", path: `${ENTERPRISE}:manager`, value: adele }], ENTRA);
  await client.patch(`/Users/${adele}`, [{ op: "Replace", path: "title", value: "Head of Marketing" }], ENTRA);
  await client.patch(`/Users/${diego}`, [{ op: "Replace", path: "active", value: "False" }], OKTA);
  await client.post(
    "/Users",
    { schemas: [USER], userName: "adele.vance@contoso.example", displayName: "Adele V." },
    ENTRA,
  );
  await client.patch(`/Users/${adele}`, [{ op: "Replace", path: `${ENTERPRISE}:department`, value: "Sales" }], ENTRA);
  return viewsOf({ user: adele, unusual: ids.at(-1) ?? adele, group });
}

type Resources = {
  /** With a history. */
  readonly user: string;
  /** With a long name and many values. */
  readonly unusual: string;
  readonly group: string;
};

function viewsOf(resources: Resources | undefined): readonly View[] {
  const place = "#/endpoints/default";
  return [
    { name: "activity", hash: "#/" },
    ...(resources === undefined
      ? []
      : [
          { name: "exchange", hash: "#/?show=failures", open: /userName is taken/ },
          { name: "user", hash: `${place}/Users/${resources.user}` },
          { name: "user-unusual", hash: `${place}/Users/${resources.unusual}` },
          { name: "group", hash: `${place}/Groups/${resources.group}` },
          { name: "compare", hash: "#/endpoints-comparison" },
        ]),
    { name: "connect", hash: `${place}/connect` },
    { name: "users", hash: `${place}/Users` },
    { name: "groups", hash: `${place}/Groups` },
    { name: "deleted", hash: `${place}/Users?deleted=1` },
    { name: "endpoints", hash: "#/endpoints" },
    { name: "endpoint", hash: place },
    { name: "clients", hash: `${place}?tab=clients` },
    { name: "trusts", hash: `${place}?tab=trusts` },
    { name: "settings", hash: `${place}?tab=settings` },
    { name: "schemas", hash: `${place}?tab=schemas` },
    { name: "danger", hash: `${place}?tab=danger` },
    { name: "workbench", hash: "#/workbench" },
    { name: "storage", hash: "#/storage" },
    { name: "server", hash: "#/server" },
  ];
}

async function drawAll(browser: Browser, { origin }: RunningApplication, views: readonly View[], prefix: string) {
  for (const { name: windowName, viewport } of WINDOWS) {
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
      await context.request.post(`${origin}/api/session`, { data: { secret: TEST_ADMIN_SECRET } });
      const page = await context.newPage();
      await page.goto(`${origin}/`);
      for (const view of views) {
        await show(page, view);
        await page.screenshot({ path: join(ALL, `${prefix}${view.name}-${windowName}-${colorScheme}.png`) });
        const isShown =
          view.name === IN_README.view && prefix === "" && windowName === "wide" && colorScheme === "light";
        if (isShown) await drawSmall(page, IN_README.file);
      }
      await context.close();
    }
  }
}

async function show(page: Page, { hash, open }: View): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await page.locator("main h1").first().waitFor();
  await page.waitForTimeout(LOADED_MS);
  if (open === undefined) return;
  await page.getByRole("row", { name: open }).first().click();
  await page.getByRole("dialog", { name: "Exchange" }).locator("h2").waitFor();
  await page.waitForTimeout(LOADED_MS);
}

/** As WebP, which is a quarter of the size. */
async function drawSmall(page: Page, file: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: WEBP_QUALITY });
  writeFileSync(file, Buffer.from(data, "base64"));
  await session.detach();
}
