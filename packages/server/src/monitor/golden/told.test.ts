import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "@scimtool/scim";
import { labelOf } from "../../directory/resource.ts";
import { recogniseDialect } from "../dialect/recognise.ts";
import { created, GROUP, patched, replaced, type Told, told, USER } from "../testing/exchange.ts";
import { exchangeFacts, written } from "../testing/exchange-facts.ts";
import { ENTRA } from "./entra.ts";
import { endpointOf, type GoldenWrite, type Manner } from "./golden.ts";
import { OTHERS } from "./others.ts";
import { READS } from "./reads.ts";

// What people are told of each golden request, without a server.

describe("Entra ID sends", () => {
  for (const golden of ENTRA) test(golden.sends, () => check(golden));
});

describe("others send", () => {
  for (const golden of OTHERS) test(golden.sends, () => check(golden));
});

describe("a read is told", () => {
  for (const { path, query, userAgent, outcome, by, sentence } of READS) {
    test(sentence, () => {
      const { dialect } = recogniseDialect({ method: "GET", path, query, userAgent, body: undefined });
      const { sentences } = told(exchangeFacts(outcome, { path, query: query ?? "", dialect }));
      assert.deepEqual([dialect, sentences], [by, [sentence]]);
    });
  }
});

function check(golden: GoldenWrite): void {
  const actual = writtenBy(golden);
  assert.deepEqual(actual, { by: golden.by, sentences: golden.sentences, differences: golden.differences });
  assert.doesNotMatch(JSON.stringify(actual), /pl4nted/);
}

function writtenBy({ method, on = {}, body = {}, query, userAgent }: GoldenWrite): Told {
  const manner = { ...(query !== undefined && { query }), ...(userAgent !== undefined && { userAgent }) };
  if (method === "POST") return created(endpointOf(body) === "/Groups" ? GROUP : USER, body, manner);
  if (method === "PUT") return replaced(on, body, manner);
  return method === "PATCH" ? patched(on, operationsOf(body), manner) : removed(on, manner);
}

function operationsOf({ Operations: operations }: JsonObject): readonly Json[] {
  assert.ok(Array.isArray(operations));
  return operations;
}

function removed(before: JsonObject, { query, userAgent }: Manner): Told {
  const [id, endpoint] = [String(before["id"]), endpointOf(before)];
  const request = { method: "DELETE", path: `${endpoint}/${id}`, query, userAgent, body: undefined };
  const { dialect } = recogniseDialect(request);
  const resource = { type: endpoint === "/Groups" ? "Group" : "User", id, label: labelOf(before, id) };
  return told(
    exchangeFacts(written(resource, { action: "delete" }), { method: "DELETE", path: request.path, dialect }),
  );
}
