import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { isObject } from "@scimtool/scim";
import { succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

// The JSON of RFC 7643 §8.1 to §8.4, sent to the strict profile and read back.

const world = await startWorld();
const { client, base, read } = world;
const fixture = new URL("../../../../scim/src/schema/rfc7643-8.fixture.json", import.meta.url);
const examples = JSON.parse(readFileSync(fixture, "utf8"));

/** Set by the service provider, never returned, or derived from a referenced resource. */
const NOT_KEPT = ["id", "meta", "groups", "password", "$ref", "display", "displayName"];

/** The attributes of an example that a client may set: `displayName` at the top, but not in a reference. */
function settable(value: AnyJson, isTop = true): AnyJson {
  if (Array.isArray(value)) return value.map((each) => settable(each, false));
  if (!isObject(value)) return value;
  const isReference = "$ref" in value;
  const entries = Object.entries(value).filter(
    ([name]) => !(NOT_KEPT.includes(name) && (isReference || (isTop && name !== "displayName"))),
  );
  return Object.fromEntries(entries.map(([name, each]) => [name, settable(each, false)]));
}

/** Creates the example, reads it, and replaces it with itself. */
async function represented(section: string, path: string): Promise<void> {
  // The example's manager and members do not exist here.
  await world.withSettings({ profile: "strict", danglingReferences: "accept" }, async () => {
    const created = succeeded(await client.post(path, examples[section]), 201);
    assert.deepEqual(settable(created), settable(examples[section]));
    const { id, meta, schemas } = created;
    assert.deepEqual([meta.location, schemas], [`${base}${path}/${id}`, examples[section].schemas]);
    assert.deepEqual(await read(`${path}/${id}`), created);
    const replaced = succeeded(await client.put(`${path}/${id}`, examples[section]), 200);
    assert.deepEqual(replaced, created);
    assert.equal((await client.delete(`${path}/${id}`)).status, 204);
  });
}

shows("RFC 7643 §8-1", "the minimal user is represented", () => represented("§8.1", "/Users"));
shows("RFC 7643 §8-2", "the full user is represented", () => represented("§8.2", "/Users"));
shows("RFC 7643 §8-3", "the enterprise user is represented", () => represented("§8.3", "/Users"));
shows("RFC 7643 §8-4", "the group is represented", () => represented("§8.4", "/Groups"));
