import { isObject, type JsonObject } from "@scimtool/scim";

const ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/**
 * The state that the server must have, derived from the requests. Only the ids come from answers.
 * Attributes are those a client writes: without `id`, `meta`, `schemas`, `groups` and `members`.
 */
export type ExpectedState = {
  readonly users: Map<string, JsonObject>;
  readonly groups: Map<string, ExpectedGroup>;
  /** Paths of resources that were deleted. */
  readonly deleted: Set<string>;
};

type ExpectedGroup = {
  readonly attributes: JsonObject;
  /** Ids. */
  readonly members: Set<string>;
};

export function emptyState(): ExpectedState {
  return { users: new Map(), groups: new Map(), deleted: new Set() };
}

export function expectUser(state: ExpectedState, id: string, attributes: JsonObject): void {
  state.users.set(id, attributes);
}

/** A deleted user is no longer a member or a manager. */
export function expectUserDeleted(state: ExpectedState, id: string): void {
  state.users.delete(id);
  state.deleted.add(`/Users/${id}`);
  for (const { members } of state.groups.values()) members.delete(id);
  for (const [other, attributes] of state.users) state.users.set(other, withoutManager(attributes, id));
}

function withoutManager(attributes: JsonObject, id: string): JsonObject {
  const { [ENTERPRISE_USER]: extension, ...core } = attributes;
  if (!isObject(extension)) return attributes;
  const { manager, ...rest } = extension;
  if (!isObject(manager) || manager["value"] !== id) return attributes;
  return Object.keys(rest).length === 0 ? core : { ...core, [ENTERPRISE_USER]: rest };
}

export function expectGroup(state: ExpectedState, id: string, attributes: JsonObject): void {
  state.groups.set(id, { attributes, members: state.groups.get(id)?.members ?? new Set() });
}

export function expectGroupDeleted(state: ExpectedState, id: string): void {
  state.groups.delete(id);
  state.deleted.add(`/Groups/${id}`);
}

/** @throws Error for a group that is not expected to be there */
export function expectedMembers(state: ExpectedState, groupId: string): Set<string> {
  const group = state.groups.get(groupId);
  if (group === undefined) throw new Error(`No group with the id ${groupId} has been provisioned.`);
  return group.members;
}

/** Ids of the groups that a user is a member of. */
export function expectedGroupsOf(state: ExpectedState, userId: string): string[] {
  return [...state.groups].filter(([, { members }]) => members.has(userId)).map(([id]) => id);
}
