import assert from "node:assert/strict";
import type { JsonObject } from "@scimtool/scim";
import { bulk, bulkRequest, idOf, post } from "../../testing/bulk.ts";
import type { Client } from "../../testing/client.ts";
import { alice, USER_URN } from "../testing/exchange.ts";
import { endpointOf } from "./golden.ts";

/** Ids as golden requests have them, and the server's own. */
export type Ids = ReadonlyMap<string, string>;

function user(userName: string, more: JsonObject = {}): JsonObject {
  return { schemas: [USER_URN], userName, ...more };
}

/** Users that golden requests refer to. Those with a name like their ID stand for users without a name. */
const OTHERS: ReadonlyMap<string, JsonObject> = new Map([
  ["u2", user("bob", { displayName: "Bob" })],
  ["u3", user("u3")],
  ["00aa", user("00aa")],
  ["23a3", user("23a3")],
  ["26118915", user("jsmith", { displayName: "John Smith" })],
]);

/**
 * Makes the resources that a golden request needs: others, and what it is about; of a group the members too.
 * @param client of the SCIM protocol
 */
export async function putThere(client: Client, ...resources: readonly JsonObject[]): Promise<Ids> {
  const all = new Map(OTHERS);
  const areMembersThere = !resources.some(isGroup) || resources.some(({ id }) => id === "u1");
  const people = areMembersThere ? resources : [alice(), ...resources];
  const references = new Map([...OTHERS.keys(), "u1"].map((id) => [id, `bulkId:${id}`]));
  for (const { id, ...resource } of people) all.set(String(id), withIds(resource, references));
  const operations = [...all].map(([id, resource]) => post(id, endpointOf(resource), resource));
  const results = await bulk(client, operations);
  for (const { status, response } of results) assert.equal(status, "201", JSON.stringify(response));
  return new Map([...all.keys()].map((id, at) => [id, idOf(results[at])]));
}

function isGroup(resource: JsonObject): boolean {
  return endpointOf(resource) === "/Groups";
}

/** Makes users until there are so many at least. */
export async function fillUp(client: Client, total: number): Promise<void> {
  const { body } = await client.get("/Users?count=0");
  for (let at = body.totalResults; at < total; at += 1_000) {
    const count = Math.min(1_000, total - at);
    const operations = Array.from({ length: count }, (_, index) =>
      post(`${index}`, "/Users", user(`filler-${at + index}`)),
    );
    assert.equal((await client.post("/Bulk", bulkRequest(operations))).status, 200);
  }
}

/** JSON with the server's ids in place of golden ones: whole texts, values in filters, segments of paths. */
export function withIds<Json>(json: Json, ids: Ids): Json {
  return JSON.parse(textWithIds(JSON.stringify(json), ids)) as Json;
}

export function textWithIds(text: string, ids: Ids): string {
  return text.replaceAll(/(?<=["/]|%22)([0-9a-z]+)(?=["\\/]|%22|$)/g, (id) => ids.get(id) ?? id);
}
