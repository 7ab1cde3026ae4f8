import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { BULK_REQUEST_SCHEMA } from "@scimtool/scim";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { clientOf } from "../../testing/client.ts";
import { GROUP_URN, USER_URN } from "../testing/exchange.ts";

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

const { body: finance } = await client.post("/Groups", { schemas: [GROUP_URN], displayName: "Finance" });

const USER = `/Users/${alice.id}`;
const GROUP = `/Groups/${finance.id}`;
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
    /must be add, remove or replace, but the client sent "update".*PatchOp/,
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
  [
    "no userName any more",
    "PATCH",
    USER,
    operation({ op: "remove", path: "userName" }),
    /cannot be removed.*replace the value/,
  ],
  [
    "a group at the user",
    "PATCH",
    USER,
    operation({ op: "add", path: "groups", value: [{ value: "1" }] }),
    /PATCH to \/Groups/,
  ],
  ["a name as a text", "PATCH", USER, operation({ op: "replace", path: "name", value: "Al Y" }), /name\.givenName/],
  [
    "a list as a path",
    "PATCH",
    USER,
    operation({ op: "add", path: ["title"], value: "x" }),
    /path must be a string.*"op":"replace"/,
  ],
  [
    "a member by another name",
    "PATCH",
    GROUP,
    operation({ op: "add", path: "members", value: [{ id: "1" }] }),
    /\{"value":"ID"\}/,
  ],
  [
    "a part of a member",
    "PATCH",
    GROUP,
    operation({ op: "replace", path: "members.value", value: "1" }),
    /members\[value eq "ID"\]/,
  ],
] as const) {
  test(`${shows}: why, and what to change`, async () => {
    const headers = { "content-type": "application/scim+json" };
    const answer = await client.send(method, path, { body, headers });
    assert.equal(answer.status, 400);
    assert.match(await explained(answer.headers["x-request-id"]), expected);
  });
}

for (const [query, expected] of [
  ['filter=userName eq "r&d"', /from character .* on: the closing double quote.*& as %26/],
  ['filter=meta.lastModified gt "12/01/2026"', /meta\.lastModified with a date and time/],
  ['filter=password eq "x"', /search by userName/],
  ["sortOrder=desc&sortBy=title", /sortOrder is ascending or descending/],
  ["attributes=emails/value", /such as userName,emails\.value/],
  ["count=all", /count is a whole number/],
] as const) {
  test(`${query}: why, and what to change`, async () => {
    const { status, headers } = await client.get(`/Users?${query.replaceAll(" ", "%20")}`);
    assert.equal(status, 400);
    assert.match(await explained(headers["x-request-id"]), expected);
  });
}

for (const [method, path, expected] of [
  ["POST", USER, /send PATCH or PUT; to create one, POST without an ID/],
  ["DELETE", "/Users", /put the ID of the resource behind the path/],
  ["OPTIONS", "/Users", /Call it from a server/],
  ["GET", "/.search", /send POST/],
] as const) {
  test(`${method} ${path}: which method to send instead`, async () => {
    const { status, headers } = await client.send(method, path);
    assert.equal(status, 405);
    assert.match(await explained(headers["x-request-id"]), expected);
  });
}

for (const [shows, one, expected] of [
  ["no bulkId", { method: "POST", path: "/Users", data: {} }, /^bulkId is required.*send bulkId\./],
  [
    "a method in small letters",
    { method: "post", path: "/Users", bulkId: "1", data: {} },
    /^The method of.*"method":"POST"/,
  ],
  ["a whole URL", { method: "DELETE", path: "https://example.com/Users/1" }, /^The path of.*"path":"\/Users\/ID"/],
  [
    "JSON in a text",
    { method: "POST", path: "/Users", bulkId: "1", data: "{}" },
    /^data must be an object.*not as JSON in a text/,
  ],
] as const) {
  test(`a bulk request is explained by its first failed operation: ${shows}`, async () => {
    const { headers } = await client.post("/Bulk", { schemas: [BULK_REQUEST_SCHEMA], Operations: [one] });
    assert.match(await explained(headers["x-request-id"]), expected);
  });
}
