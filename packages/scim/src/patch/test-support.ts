import assert from "node:assert/strict";
import { newReading, type Profile, type ToleranceCode } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { ScimError, type ScimType } from "../message/error.ts";
import { type ResourceModel, resourceModel } from "../schema/model.ts";
import { GROUP_TYPE, USER_TYPE } from "../schema/resource-types.ts";
import { patchResource } from "./apply.ts";
import type { ChangeSet } from "./change-set.ts";
import { PATCH_SCHEMA } from "./message.ts";

export const USER = resourceModel(USER_TYPE);
export const GROUP = resourceModel(GROUP_TYPE);
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export function babs(): JsonObject {
  return {
    schemas: [USER_TYPE.schema.id, ENTERPRISE],
    id: "2819c223",
    userName: "bjensen@example.com",
    name: { givenName: "Barbara", familyName: "Jensen" },
    title: "Tour Guide",
    active: true,
    emails: [
      { value: "bjensen@example.com", type: "work", primary: true },
      { value: "babs@jensen.org", type: "home" },
    ],
    [ENTERPRISE]: {
      department: "Tours",
      manager: { value: "26118915", $ref: "../Users/26118915", displayName: "John Smith" },
    },
    meta: { resourceType: "User", version: 'W/"1"' },
  };
}

export function tourGuides(): JsonObject {
  return {
    schemas: [GROUP_TYPE.schema.id],
    id: "e9e30dba",
    displayName: "Tour Guides",
    members: [{ value: "u1", $ref: "../Users/u1" }, { value: "u2" }],
    meta: { resourceType: "Group" },
  };
}

export function message(...operations: Json[]): JsonObject {
  return { schemas: [PATCH_SCHEMA], Operations: operations };
}

export type Outcome = { resource: JsonObject; changes: ChangeSet; codes: ToleranceCode[] };

/** Applies operations to a frozen resource and returns the tolerances used. */
export function patch(
  resource: JsonObject,
  operations: Json | Json[],
  model: ResourceModel = USER,
  profile: Profile = "tolerant",
): Outcome {
  const reading = newReading(profile);
  const body = message(...(Array.isArray(operations) ? operations : [operations]));
  const { resource: after, changes } = patchResource(deepFreeze(resource), deepFreeze(body), model, reading);
  return { resource: after, changes, codes: reading.notes.map((note) => note.code) };
}

export function patchUser(operations: Json | Json[]): Outcome {
  return patch(babs(), operations, USER);
}

export function patchGroup(operations: Json | Json[]): Outcome {
  return patch(tourGuides(), operations, GROUP);
}

/** Asserts that the action fails with 400 and a matching detail. */
export function refuses(act: () => unknown, scimType: ScimType, detail: RegExp): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof ScimError, String(error));
    assert.equal(error.status, 400);
    assert.match(error.detail, detail);
    assert.equal(error.scimType, scimType, error.detail);
    return true;
  });
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const nested of Object.values(value)) deepFreeze(nested);
  }
  return value;
}
