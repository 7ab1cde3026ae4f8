import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newReading } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { readPatch } from "../patch/message.ts";
import { message, USER } from "../patch/test-support.ts";
import type { AttributeNode } from "../schema/model.ts";
import { user } from "../schema/test-support.ts";
import { project, readProjection, withWritten, writtenByPatch, writtenByResource } from "./projection.ts";
import { EXTENSION, MODEL, type Parameters, pathsOf, thing } from "./test-support.ts";

function byResource(resource: JsonObject): string[] {
  return [...writtenByResource(resource, MODEL)].map(({ path }) => path);
}

function byPatch(...operations: Json[]): string[] {
  return [...writtenByPatch(readPatch(message(...operations), MODEL, newReading("tolerant")))].map(({ path }) => path);
}

describe("[RFC 7643 §7] an attribute returned on request counts as specified by the client", () => {
  test("in a POST or PUT if the resource has it, at every level", () => {
    assert.deepEqual(byResource({ arequest: "v", adefault: "v", odd: 1 }), ["arequest"]);
    assert.deepEqual(byResource({ cdefault: { srequest: 1 } }), ["cdefault.srequest"]);
    assert.deepEqual(byResource({ mrequest: [{ salways: 1 }, { srequest: 1 }] }), ["mrequest", "mrequest.srequest"]);
    assert.deepEqual(byResource({ [EXTENSION]: { xrequest: 1 } }), [`${EXTENSION}:xrequest`]);
    assert.deepEqual(byResource({ adefault: 1, [EXTENSION]: { xdefault: 1 } }), []);
  });

  test("in a PATCH if a path or a value names it", () => {
    assert.deepEqual(byPatch({ op: "remove", path: "arequest" }), ["arequest"]);
    assert.deepEqual(byPatch({ op: "add", path: "cdefault.srequest", value: "x" }), ["cdefault.srequest"]);
    assert.deepEqual(byPatch({ op: "add", path: "cdefault", value: { SREQUEST: "x" } }), ["cdefault.srequest"]);
    assert.deepEqual(byPatch({ op: "add", path: "mdefault", value: [{ srequest: "x" }] }), ["mdefault.srequest"]);
    assert.deepEqual(byPatch({ op: "add", value: { arequest: "v", [EXTENSION]: { xrequest: "x" } } }), [
      "arequest",
      `${EXTENSION}:xrequest`,
    ]);
    assert.deepEqual(byPatch({ op: "add", path: "adefault", value: "v" }, { op: "remove", path: EXTENSION }), []);
  });
});

describe("the response to a write contains it", () => {
  const SPECIFIED = { arequest: "v", cdefault: { srequest: 1 }, mrequest: [{ sdefault: 1 }] };

  function shownAfter(written: ReadonlySet<AttributeNode>, parameters: Parameters = {}): string[] {
    const projection = withWritten(readProjection(parameters, MODEL, newReading("tolerant")), written);
    return pathsOf(project(thing(), projection, MODEL)).filter((path) => path.includes("request"));
  }

  test("in addition to the default set", () => {
    assert.deepEqual(shownAfter(writtenByResource({}, MODEL)), []);
    const shown = shownAfter(writtenByResource(SPECIFIED, MODEL));
    assert.deepEqual(shown.sort(), [
      "arequest",
      "cdefault.srequest",
      "mrequest",
      "mrequest.odd",
      "mrequest.salways",
      "mrequest.sdefault",
    ]);
  });

  test("unless it is excluded, or other attributes are named", () => {
    const written = writtenByResource(SPECIFIED, MODEL);
    const excludedAttributes = ["arequest", "mrequest", "cdefault.srequest"];
    assert.deepEqual(shownAfter(written, { excludedAttributes }), []);
    assert.deepEqual(shownAfter(written, { attributes: ["adefault"] }), []);
    assert.deepEqual(shownAfter(written, { attributes: ["arequest"] }), ["arequest"]);
  });

  test("and stays the default if no such attribute was written", () => {
    assert.equal(withWritten(undefined, writtenByResource(user(), USER)), undefined);
  });
});
