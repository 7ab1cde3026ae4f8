import type { Json } from "@scimtool/scim";
import { expectStatus, idOf, UnexpectedAnswer } from "../answer.ts";
import type { Exchange } from "../client.ts";
import { expectedMembers, expectGroup, expectGroupDeleted } from "../expected-state.ts";
import { accountOf, type Entra, type EntraGroup, groupOf } from "./entra.ts";
import { findGroup } from "./entra-reads.ts";
import { patchMessage } from "./patch-message.ts";

/**
 * A group comes into scope. It is created without members; they follow by PATCH.
 * @throws UnexpectedAnswer when the server has a group of this name
 */
export async function provisionGroup(entra: Entra, group: EntraGroup): Promise<Exchange> {
  const { objectId, displayName } = group;
  const known = await findGroup(entra, displayName);
  const exchange = await entra.client.post("/Groups", {
    schemas: [...entra.dialect.groupSchemas],
    externalId: objectId,
    displayName,
    meta: { resourceType: "Group" },
  });
  if (known !== undefined) throw new UnexpectedAnswer(exchange, `no group "${displayName}" on the server beforehand`);
  const id = idOf(expectStatus(exchange, 201));
  entra.groups.set(objectId, { id, group });
  expectGroup(entra.state, id, { externalId: objectId, displayName });
  return exchange;
}

export async function addMembers(entra: Entra, groupId: string, userIds: readonly string[]): Promise<Exchange> {
  const { id } = groupOf(entra, groupId);
  const members = userIds.map((userId) => accountOf(entra, userId).id);
  const exchange = await patchGroup(entra, id, entra.dialect.addMembers(members));
  for (const member of members) expectedMembers(entra.state, id).add(member);
  return exchange;
}

export async function removeMembers(entra: Entra, groupId: string, userIds: readonly string[]): Promise<Exchange> {
  const { id } = groupOf(entra, groupId);
  const members = userIds.map((userId) => accountOf(entra, userId).id);
  const exchange = await patchGroup(entra, id, entra.dialect.removeMembers(members));
  for (const member of members) expectedMembers(entra.state, id).delete(member);
  return exchange;
}

export async function renameGroup(entra: Entra, groupId: string, displayName: string): Promise<Exchange> {
  const account = groupOf(entra, groupId);
  expectStatus(await entra.client.get(`/Groups/${account.id}`, { excludedAttributes: "members" }), 200);
  const exchange = await patchGroup(entra, account.id, entra.dialect.renameGroup(displayName));
  account.group = { ...account.group, displayName };
  expectGroup(entra.state, account.id, { ...entra.state.groups.get(account.id)?.attributes, displayName });
  return exchange;
}

/** The group's id at the identity provider changes: it was made anew there. */
export async function relinkGroup(entra: Entra, groupId: string, externalId: string): Promise<Exchange> {
  const { id, group } = groupOf(entra, groupId);
  const op = entra.dialect.name === "default" ? "Replace" : "replace";
  const exchange = await patchGroup(entra, id, [{ op, path: "externalId", value: externalId }]);
  expectGroup(entra.state, id, { externalId, displayName: group.displayName });
  return exchange;
}

export async function deleteGroup(entra: Entra, groupId: string): Promise<Exchange> {
  const { id } = groupOf(entra, groupId);
  const exchange = expectStatus(await entra.client.delete(`/Groups/${id}`), 204);
  entra.groups.delete(groupId);
  expectGroupDeleted(entra.state, id);
  return exchange;
}

async function patchGroup({ client }: Entra, id: string, operations: readonly Json[]): Promise<Exchange> {
  return expectStatus(await client.patch(`/Groups/${id}`, patchMessage(operations)), 204, 200);
}
