import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { JsonObject } from "@scimtool/scim";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { clientOf } from "../../testing/client.ts";
import { ENTERPRISE, GROUP_URN, USER_URN } from "../testing/exchange.ts";

const ALICE: JsonObject = {
  schemas: [USER_URN, ENTERPRISE],
  externalId: "00u1",
  userName: "alice+hr@example.com",
  active: true,
  displayName: 'Alice "Al" Young',
  name: { givenName: "Alice", familyName: "O'Young" },
  emails: [{ primary: true, type: "work", value: "alice+hr@example.com" }],
  phoneNumbers: [{ type: "work", value: "+1 (201) 555-0123" }],
  locale: "en_US",
  preferredLanguage: "en-US",
  timezone: "America/Los_Angeles",
  groups: [],
  [ENTERPRISE]: { department: "Sales", employeeNumber: "4711" },
};

test("ordinary requests have no findings", async () => {
  const server = await startApplication();
  const { client } = server;
  const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
  try {
    const { body: alice } = await client.post("/Users", ALICE);
    const { body: bob } = await client.post("/Users", {
      schemas: [USER_URN],
      userName: "bob@example.com",
      active: true,
    });
    const { body: finance } = await client.post("/Groups", { schemas: [GROUP_URN], displayName: "Finance" });
    await client.patch(`/Groups/${finance.id}`, [{ op: "add", path: "members", value: [{ value: alice.id }] }]);
    await client.put(`/Users/${alice.id}`, { ...(await client.get(`/Users/${alice.id}`)).body, title: "Lead" });
    for (const operation of [
      { op: "add", path: "roles", value: [{ value: "Reader" }] },
      { op: "add", path: "phoneNumbers", value: [{ type: "mobile", value: "+1 201 555 0199" }] },
      { op: "replace", path: 'emails[type eq "work"].value', value: "alice.young@example.com" },
      { op: "replace", path: "active", value: false },
      { op: "replace", path: `${ENTERPRISE}:manager`, value: { value: bob.id } },
    ]) {
      assert.ok((await client.patch(`/Users/${alice.id}`, [operation])).status < 300);
    }
    for (const query of [
      "startIndex=1&count=1",
      "startIndex=2&count=1",
      "aadOptscim062020&filter=userName+eq+%22alice%2Bhr@example.com%22",
      "filter=userName%20eq%20%22alice+hr@example.com%22&_=1766534400000",
      "attributes=id,userName,emails.value",
      "filter=meta.lastModified%20gt%20%222026-01-01T00:00:00Z%22",
      "startIndex=1&count=10",
      "startIndex=11&count=10",
    ]) {
      assert.equal((await client.get(`/Users?${query}`)).status, 200, query);
    }
    assert.equal((await client.get("/Users/7f9c6e5b-5c1e-4c59-9f0e-0d3f9f6d3f11")).status, 404);
    const last = await client.delete(`/Users/${alice.id}`);
    assert.deepEqual(await findings(admin, String(last.headers["x-request-id"])), []);
  } finally {
    admin.close();
    await server.close();
  }
});

/** Of all exchanges up to a request. Exchanges are recorded behind the answers. */
async function findings(admin: ReturnType<typeof clientOf>, requestId: string): Promise<string[]> {
  for (let tries = 0; tries < 250; tries++) {
    const { exchanges } = (await admin.get("/api/exchanges?endpoint=default&limit=100")).body;
    if (exchanges.some((each: { requestId: string }) => each.requestId === requestId)) {
      return exchanges.flatMap((each: { findings: { sentence: string }[] }) =>
        each.findings.map(({ sentence }) => sentence),
      );
    }
    await setTimeout(20);
  }
  throw new Error("not recorded");
}
