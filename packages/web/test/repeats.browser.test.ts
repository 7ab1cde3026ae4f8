import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Locator } from "playwright-core";
import { exchange } from "../../server/src/monitor/export/testing/exchange.ts";
import { type Exchange, exchangeIdAt } from "../../server/src/store/exchange.ts";
import { startWithRecorded } from "../../server/src/testing/recorded.ts";
import { assertAccessible, goTo, startPage } from "./page.ts";

const ENTRA = { "user-agent": "AzureAD-Prov/1.0 (Microsoft.Azure.SyncFabric)" };
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const REFUSALS = 5_000;
const READS = 50_000;
const PEOPLE = 1_000;

const REFUSAL = "Entra ID could not create Bob: the userName is taken by Bob";
const LOSS = "Entra ID cleared 3 attributes of Alice Young";

/** An hour ago. */
const START_MS = Date.now() - 3_600_000;

let oldest = 0;
let made = 0;
const server = await startWithRecorded(function* ({ okta: endpoint }): Generator<Exchange> {
  const next = (more: Partial<Exchange>): Exchange => {
    const { position: _, ...plain } = exchange({ ...more, endpoint });
    return { ...plain, id: exchangeIdAt(START_MS + 10 * made++), requestId: `req-${made}` };
  };
  const written = (name: string, kind: string, text: string, findings: Exchange["findings"] = []) =>
    next({
      method: "PATCH",
      sentences: [{ kind, text }],
      resources: [{ type: "User", id: name, label: name }],
      findings,
      severity: findings[0]?.severity ?? "info",
    });
  const loss = { kind: "loss.cleared", severity: "warning", sentence: LOSS, reason: "It left them out." } as const;
  const first = written("Alice Young", "user.changed", "Entra ID changed Alice Young", [
    { ...loss, resources: [], remedies: [] },
  ]);
  oldest = first.id;
  yield first;
  yield written("Carol Reed", "user.deactivated", "Entra ID deactivated Carol Reed");
  for (let at = 0; at < READS; at++) {
    const id = `user-${at % PEOPLE}`;
    yield next({
      path: `/Users/${id}`,
      sentences: [{ kind: "read.found", text: `Entra ID read ${id}` }],
      resources: [{ type: "User", id, label: id }],
    });
    if (at % (READS / REFUSALS) === 0) {
      yield next({
        method: "POST",
        status: 409,
        severity: "error",
        sentences: [{ kind: "failure.create", text: REFUSAL }],
      });
    }
  }
});
const { client } = server;
const { page } = await startPage(server);

const table = () => page.getByRole("table", { name: "Exchanges, newest first" });
const row = (text: string) => table().getByRole("row").filter({ hasText: text });
const panel = () => page.getByRole("dialog", { name: "Exchange" });
const scrollTop = () => table().evaluate(({ scrollTop }: { scrollTop: number }) => scrollTop);

async function isOnScreen(element: Locator): Promise<boolean> {
  const box = await element.boundingBox();
  return box !== null && box.y >= 0 && box.y + box.height <= 720;
}

before(async () => {
  await row(REFUSAL).waitFor();
});

test("the first screen shows what matters among thousands of refusals and reads", async () => {
  for (const text of [LOSS, "Entra ID deactivated Carol Reed", REFUSAL]) assert.ok(await isOnScreen(row(text)), text);
  await row(REFUSAL).getByRole("button", { name: "×5,000" }).waitFor();
  assert.equal(await table().getByRole("row").filter({ hasText: "Entra ID read" }).count(), 3);
  await page.getByText("55,002 exchanges", { exact: true }).waitFor();
  await page.getByText("997 more lines of searches and reads.").waitFor();
  await assertAccessible(page);
});

test("an entry is opened from the feed and from the panel, and can be left again", async () => {
  await row(REFUSAL).getByRole("button", { name: "×5,000" }).click();
  await page.getByText("5,000 exchanges found").waitFor();
  await page.getByRole("button", { name: "Clear", exact: true }).click();
  await row(REFUSAL).locator("[data-row]").click();
  await panel().getByText("5,000 times since").waitFor();
  await panel().getByRole("button", { name: "Show each" }).click();
  await page.getByText("5,000 exchanges found").waitFor();
  await page.getByRole("button", { name: "Clear", exact: true }).click();
});

test("reads are one line for each person", async () => {
  await page.getByRole("button", { name: "Show reads" }).click();
  await row("Entra ID read user-999").getByRole("button", { name: "×50", exact: true }).waitFor();
  await page.getByText("50,000 exchanges found").waitFor();
  await page.getByRole("button", { name: "Clear", exact: true }).click();
});

test("the buttons Changes, Findings and Failures work with entries", async () => {
  const shown = async (button: string, rows: number) => {
    await page.getByRole("button", { name: button, exact: true }).click();
    await page.getByRole("button", { name: button, exact: true, pressed: true }).waitFor();
    await page.getByText("found").first().waitFor();
    await table().getByRole("row").nth(rows).waitFor();
    assert.equal(await table().getByRole("row").count(), rows + 1, button);
  };
  await shown("Changes", 2);
  await shown("Failures", 1);
  await shown("Findings", 1);
  await page.getByText("Refused requests without a finding are among the failures.").waitFor();
  await page.getByRole("button", { name: "Show failures" }).click();
  await row(REFUSAL).waitFor();
  await page.getByRole("button", { name: "Clear", exact: true }).click();
});

test("what repeats is added to its entry as it happens, and people who have scrolled keep their place", async () => {
  const person = { schemas: [USER], userName: "dora@example.com", displayName: "Dora" };
  await client.post("/Users", person, ENTRA);
  const refused = row("Dora").filter({ has: page.getByRole("button", { name: "409", exact: true }) });
  for (let time = 0; time < 3; time++) await client.post("/Users", person, ENTRA);
  await refused.getByRole("button", { name: "×3" }).waitFor();
  assert.equal(await refused.count(), 1);
  await refused.locator("[data-row]").click();
  await panel().getByText("3 times since").waitFor();
  await client.post("/Users", person, ENTRA);
  await panel().getByText("4 times since").waitFor();
  assert.equal(await table().locator("[class*=open]").count(), 1);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Show reads" }).click();
  await row("Entra ID read user-999").waitFor();
  await table().evaluate((element: { scrollTo: (x: number, y: number) => void }) => element.scrollTo(0, 600));
  const before = await scrollTop();
  assert.ok(before > 100, String(before));
  await client.get(`/Users?filter=${encodeURIComponent('userName eq "dora@example.com"')}`, ENTRA);
  await page.getByRole("button", { name: "1 new" }).waitFor();
  assert.equal(await scrollTop(), before);
  await page.getByRole("button", { name: "Clear", exact: true }).click();
});

test("a link to an old exchange shows what happened around it", async () => {
  await goTo(page, `#/exchanges/${oldest}`);
  await panel().getByRole("heading", { name: "Entra ID changed Alice Young" }).waitFor();
  await page.getByText("This is what happened around the open exchange.").waitFor();
  await row("Entra ID deactivated Carol Reed").waitFor();
  await row("Entra ID read user-9").first().waitFor();
  assert.equal(await page.getByText("Live", { exact: true }).count(), 0);
  await page.getByRole("button", { name: "Show the newest" }).click();
  await panel().waitFor({ state: "hidden" });
  await row("Dora").first().waitFor();
  await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
});
