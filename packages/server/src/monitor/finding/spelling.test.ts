import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { type AnyJson, clientOf } from "../../testing/client.ts";
import { USER_URN } from "../testing/exchange.ts";

const server = await startApplication();
const { client } = server;
const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
after(async () => {
  admin.close();
  await server.close();
});
const { body: alice } = await client.post("/Users", { schemas: [USER_URN], userName: "alice@example.com" });

/** What the last exchange says was meant; undefined if nothing. Exchanges are recorded behind the answers. */
async function meant(requestId: string): Promise<string | undefined> {
  for (let tries = 0; tries < 250; tries++) {
    const { exchanges } = (await admin.get(`/api/exchanges?requestId=${requestId}`)).body;
    const found = exchanges[0]?.findings.find(({ kind }: AnyJson) => kind === "name.spelling");
    if (exchanges.length > 0) return /Did you mean (.*)\?$/.exec(found?.reason ?? "")?.[1];
    await setTimeout(20);
  }
  throw new Error("not recorded");
}

describe("a path in another notation is answered with SCIM's", () => {
  for (const [sent, expected] of [
    ["/title", "title"],
    ["/name/familyName", "name.familyName"],
    ["name/familyName", "name.familyName"],
    ["$.title", "title"],
    ["emails[0].value", 'emails[type eq "work"].value'],
    ["/emails/0/value", 'emails[type eq "work"].value'],
    ["emails.work", 'emails[type eq "work"]'],
    ["emails.work.value", 'emails[type eq "work"].value'],
    ["emails[work].value", 'emails[type eq "work"].value'],
    ["phoneNumbers.mobile", 'phoneNumbers[type eq "mobile"]'],
    ["emails[type='work'].value", 'emails[type eq "work"].value'],
    ["emails[type == 'work'].value", 'emails[type eq "work"].value'],
    ["emails[type%20eq%20%22work%22].value", 'emails[type eq "work"].value'],
    ["dipslay name", undefined],
  ] as const) {
    test(sent, async () => {
      const { status, headers } = await client.patch(`/Users/${alice.id}`, [{ op: "add", path: sent, value: "x" }]);
      assert.equal(status, 400);
      assert.equal(await meant(String(headers["x-request-id"])), expected);
    });
  }
});

describe("a filter in another notation is answered with SCIM's", () => {
  const expected = 'userName eq "alice@example.com"';
  for (const [sent, meaning] of [
    ["userName eq 'alice@example.com'", expected],
    ["userName%20eq%20%22alice@example.com%22", expected],
    ['userName=="alice@example.com"', expected],
    ["userName = 'alice@example.com'", expected],
    ['userName eq \\"alice@example.com\\"', expected],
    ['"userName eq \\"alice@example.com\\""', expected],
    ["login eq 'alice@example.com'", expected],
    ["mail eq 'alice@example.com' && active == true", 'emails.value eq "alice@example.com" and active eq true'],
    ["password eq 'pl4nted'", undefined],
    ["userName eq", undefined],
  ] as const) {
    test(sent, async () => {
      const { status, headers } = await client.get(`/Users?filter=${encodeURIComponent(sent)}`);
      assert.equal(status, 400);
      assert.equal(await meant(String(headers["x-request-id"])), meaning);
    });
  }
});

test("curly quotes in a filter do not enclose the text, so nobody is found", async () => {
  const { body, headers } = await client.get(`/Users?filter=${encodeURIComponent("userName eq “alice@example.com”")}`);
  assert.equal(body.totalResults, 0);
  assert.equal(await meant(String(headers["x-request-id"])), 'userName eq "alice@example.com"');
});

test("names that every object of JavaScript has are not taken for known ones", async () => {
  const list = await client.get("/Users?constructor=1&toString=2");
  const created = await client.post("/Users", { schemas: [USER_URN], userName: "bob@example.com", constructor: "x" });
  for (const { headers } of [list, created]) {
    await meant(String(headers["x-request-id"]));
    const { exchanges } = (await admin.get(`/api/exchanges?requestId=${headers["x-request-id"]}`)).body;
    assert.doesNotMatch(JSON.stringify(exchanges[0].findings), /function|native code|query\.ignored/);
  }
});
