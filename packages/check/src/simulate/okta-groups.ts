import type { Json, JsonObject } from "@scimtool/scim";
import { expectStatus, idOf, listOf } from "../answer.ts";
import type { Exchange } from "../client.ts";
import { expectedMembers, expectGroup, expectGroupDeleted } from "../expected-state.ts";
import { type Okta, oktaAccount } from "./okta.ts";
import { patchMessage } from "./patch-message.ts";

const GROUP_SCHEMAS = ["urn:ietf:params:scim:schemas:core:2.0:Group"];

// Group push. Groups are by name, people by external id.

/** Pushes a new group; its members follow. */
export async function pushGroup(okta: Okta, displayName: string): Promise<Exchange> {
  listOf(await okta.client.get("/Groups", { filter: `displayName eq "${displayName}"`, startIndex: 1, count: 100 }));
  const exchange = await okta.client.post("/Groups", { schemas: GROUP_SCHEMAS, displayName, members: [] });
  const id = idOf(expectStatus(exchange, 201));
  okta.groupIds.set(displayName, id);
  expectGroup(okta.state, id, { displayName });
  return exchange;
}

export async function addGroupMembers(okta: Okta, displayName: string, people: readonly string[]): Promise<Exchange> {
  const id = groupId(okta, displayName);
  const members = expectedMembers(okta.state, id);
  const added = people.map((person) => oktaAccount(okta, person).id);
  if (okta.application === "wizard") {
    for (const userId of added) members.add(userId);
    return putGroup(okta, id, displayName);
  }
  const value = people.map((person) => member(okta, person));
  const exchange = await patchGroup(okta, id, [{ op: "add", path: "members", value }]);
  for (const userId of added) members.add(userId);
  return exchange;
}

export async function removeGroupMember(okta: Okta, displayName: string, person: string): Promise<Exchange> {
  const id = groupId(okta, displayName);
  const { id: userId } = oktaAccount(okta, person);
  expectedMembers(okta.state, id).delete(userId);
  if (okta.application === "wizard") return putGroup(okta, id, displayName);
  return patchGroup(okta, id, [{ op: "remove", path: `members[value eq "${userId}"]` }]);
}

/** "Push now": whoever is not named is no member any more. */
export async function replaceGroupMembers(
  okta: Okta,
  displayName: string,
  people: readonly string[],
): Promise<Exchange> {
  const id = groupId(okta, displayName);
  const members = expectedMembers(okta.state, id);
  members.clear();
  for (const person of people) members.add(oktaAccount(okta, person).id);
  if (okta.application === "wizard") return putGroup(okta, id, displayName);
  return patchGroup(okta, id, [
    { op: "replace", path: "members", value: people.map((person) => member(okta, person)) },
  ]);
}

export async function renamePushedGroup(okta: Okta, before: string, displayName: string): Promise<Exchange> {
  const id = groupId(okta, before);
  okta.groupIds.delete(before);
  okta.groupIds.set(displayName, id);
  expectGroup(okta.state, id, { displayName });
  if (okta.application === "wizard") return putGroup(okta, id, displayName);
  return patchGroup(okta, id, [{ op: "replace", value: { id, displayName } }]);
}

export async function deletePushedGroup(okta: Okta, displayName: string): Promise<Exchange> {
  const id = groupId(okta, displayName);
  const exchange = expectStatus(await okta.client.delete(`/Groups/${id}`), 204);
  okta.groupIds.delete(displayName);
  expectGroupDeleted(okta.state, id);
  return exchange;
}

async function putGroup(okta: Okta, id: string, displayName: string): Promise<Exchange> {
  expectStatus(await okta.client.get(`/Groups/${id}`), 200);
  const members = [...okta.accounts.values()]
    .filter((account) => expectedMembers(okta.state, id).has(account.id))
    .map((account) => member(okta, account.person.externalId));
  const body = { schemas: GROUP_SCHEMAS, id, displayName, members };
  return expectStatus(await okta.client.put(`/Groups/${id}`, body), 200);
}

async function patchGroup({ client }: Okta, id: string, operations: readonly Json[]): Promise<Exchange> {
  return expectStatus(await client.patch(`/Groups/${id}`, patchMessage(operations)), 204, 200);
}

function member(okta: Okta, externalId: string): JsonObject {
  const { id, person } = oktaAccount(okta, externalId);
  return { value: id, display: person.userName };
}

function groupId({ groupIds }: Okta, displayName: string): string {
  const id = groupIds.get(displayName);
  if (id === undefined) throw new Error(`Okta has not pushed the group "${displayName}".`);
  return id;
}
