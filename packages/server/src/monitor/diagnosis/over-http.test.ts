import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { clientOf } from "../../testing/client.ts";
import { USER_URN } from "../testing/exchange.ts";

const server = await startApplication();
const { client } = server;
const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
after(async () => {
  admin.close();
  await server.close();
});
const { body: alice } = await client.post("/Users", { schemas: [USER_URN], userName: "alice@example.com" });

/** What the page says about a refused request: why, and what to change. Exchanges are recorded behind the answers. */
async function explained(requestId: unknown): Promise<string> {
  for (let tries = 0; tries < 250; tries++) {
    const { exchanges } = (await admin.get(`/api/exchanges?requestId=${requestId}`)).body;
    if (exchanges.length > 0) {
      const { diagnosis } = (await admin.get(`/api/exchanges/${exchanges[0].id}`)).body.details;
      return [diagnosis.why, ...diagnosis.remedies.map(({ text }: { text: string }) => text)].join(" ");
    }
    await setTimeout(20);
  }
  throw new Error("not recorded");
}

const USER = `/Users/${alice.id}`;
const operation = (one: object) => JSON.stringify({ Operations: [one] });

for (const [shows, method, path, body, expected] of [
  ["an empty body", "POST", "/Users", "", /has no body.*redirect/],
  ["single quotes", "POST", "/Users", "{'userName':'bob'}", /not valid JSON.*JSON library/],
  ["UTF-16", "POST", "/Users", Buffer.from('{"userName":"bob"}', "utf16le"), /not UTF-8.*UTF8\.GetBytes/],
  ["NUL", "POST", "/Users", '{"userName":"bob\\u0000"}', /NUL or half of an emoji/],
  ["no userName", "POST", "/Users", "{}", /^userName is required.*map a value to userName/],
  ["a list", "POST", "/Users", "[]", /must be a User.*one object, in braces/],
  [
    "active as a text",
    "PATCH",
    USER,
    operation({ op: "replace", path: "active", value: "Disabled" }),
    /true or false\.$/,
  ],
  [
    "another op",
    "PATCH",
    USER,
    operation({ op: "update", path: "title", value: "x" }),
    /must be add, remove or replace.*PatchOp/,
  ],
  ["no value", "PATCH", USER, operation({ op: "add", path: "title" }), /needs a value, and has none.*op "remove"/],
  ["a resource as a PATCH", "PATCH", USER, '{"title":"Lead"}', /Operations must be.*"op":"replace"/],
  [
    "a JSON Patch",
    "PATCH",
    USER,
    '[{"op":"replace","path":"/title","value":"x"}]',
    /must be a PatchOp.*"op":"replace"/,
  ],
] as const) {
  test(`${shows}: why, and what to change`, async () => {
    const headers = { "content-type": "application/scim+json" };
    const answer = await client.send(method, path, { body, headers });
    assert.equal(answer.status, 400);
    assert.match(await explained(answer.headers["x-request-id"]), expected);
  });
}
