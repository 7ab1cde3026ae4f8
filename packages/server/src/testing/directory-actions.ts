import assert from "node:assert/strict";
import {
  type ChangeSet,
  type Json,
  type JsonObject,
  type QueryParameters,
  type ResourceModel,
  ScimError,
} from "@scimtool/scim";
import type { Written } from "../directory/context.ts";
import {
  createResource,
  getResource,
  modifyResource,
  removeResource,
  replaceResource,
} from "../directory/directory.ts";
import type { Preconditions } from "../directory/save.ts";
import { searchResources } from "../directory/search.ts";
import type { FoundResource } from "../store/store.ts";
import { GROUP, patchOf, type TestDirectory, USER } from "./directory.ts";

// The directory's functions for tests, with one test directory and what a client would send.

export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export async function create(directory: TestDirectory, model: ResourceModel, attributes: JsonObject): Promise<Written> {
  const body = { schemas: [model.type.schema.id], ...attributes };
  return (await createResource(directory, directory.about(model), body)).written;
}

export async function replace(
  directory: TestDirectory,
  model: ResourceModel,
  { id }: FoundResource,
  attributes: JsonObject,
  ifMatch?: string,
): Promise<Written> {
  const body = { schemas: [model.type.schema.id], ...attributes };
  return (await replaceResource(directory, directory.about(model), { id, body, preconditions: naming(ifMatch) }))
    .written;
}

export async function modify(
  directory: TestDirectory,
  model: ResourceModel,
  { id }: FoundResource,
  operations: Json[],
  ifMatch?: string,
): Promise<Written> {
  const include = { groups: true, members: false };
  const body = patchOf(...operations);
  return (
    await modifyResource(directory, directory.about(model), { id, body, preconditions: naming(ifMatch), include })
  ).written;
}

export function remove(
  directory: TestDirectory,
  model: ResourceModel,
  { id }: FoundResource,
  ifMatch?: string,
): Promise<Written> {
  return removeResource(directory, directory.about(model), id, naming(ifMatch));
}

function naming(ifMatch: string | undefined): Preconditions | undefined {
  return ifMatch === undefined ? undefined : { ifMatch, ifNoneMatch: undefined };
}

export function get(directory: TestDirectory, model: ResourceModel, { id }: FoundResource) {
  return getResource(directory, directory.about(model), id, { groups: true, members: false });
}

export function getWithMembers(directory: TestDirectory, { id }: FoundResource) {
  return getResource(directory, directory.about(GROUP), id, { groups: false, members: true });
}

export async function memberIds(directory: TestDirectory, group: FoundResource): Promise<string[]> {
  const { members } = await getWithMembers(directory, group);
  return (members ?? []).map(({ id }) => id);
}

export async function createUsers(directory: TestDirectory, count: number): Promise<FoundResource[]> {
  const users: FoundResource[] = [];
  for (let index = 0; index < count; index++) {
    users.push((await create(directory, USER, { userName: `user${index}` })).stored);
  }
  return users;
}

export function valuesOf(users: readonly FoundResource[]): JsonObject[] {
  return users.map(({ id }) => ({ value: id }));
}

export function refusal(status: number, scimType: string | undefined, ...details: RegExp[]): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof ScimError, String(error));
    assert.deepEqual([error.status, error.scimType], [status, scimType], error.detail);
    for (const detail of details) assert.match(error.detail, detail);
    return true;
  };
}

/** A comparable form of a change set: members by ID only. */
export function summary(changes: ChangeSet): unknown[] {
  return changes.map((change) =>
    change.kind === "attribute"
      ? [change.path, change.before, change.after]
      : [change.path, change.added.map(({ value }) => value), change.removed.map(({ value }) => value)],
  );
}

type Parameters = Partial<QueryParameters>;

export function search(directory: TestDirectory, model: ResourceModel, parameters: Parameters, members = false) {
  const query = {
    sortOrder: "ascending",
    startIndex: 1,
    attributes: [],
    excludedAttributes: [],
    ...parameters,
  } as const;
  return searchResources(directory, directory.about(model), query, { groups: true, members });
}
