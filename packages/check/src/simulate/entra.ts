import type { Json, JsonObject } from "@scimtool/scim";
import { expectEmptyList, expectStatus, idNamed, idOf, listOf, UnexpectedAnswer } from "../answer.ts";
import type { ClientHeaders, Exchange } from "../client.ts";
import { expectedMembers, expectGroup, expectGroupDeleted } from "../expected-state.ts";
import { DEFAULT_DIALECT, type EntraDialect, FLAGGED_DIALECT } from "./entra-dialect.ts";
import { ENTERPRISE_URN, type EntraUser } from "./entra-user.ts";
import { type Connection, connect, type IdentityProvider, patchMessage } from "./identity-provider.ts";

/** A user as provisioned. */
export type EntraAccount = {
  /** The id that the server gave. */
  readonly id: string;
  user: EntraUser;
  /** Attributes that the server must have. */
  readonly attributes: JsonObject;
  /** Id of the manager on the server. */
  manager: string | undefined;
};

export type EntraGroup = { readonly objectId: string; readonly displayName: string };

/** A group as provisioned. */
export type EntraGroupAccount = { readonly id: string; group: EntraGroup };

/** The provisioning service of one Entra ID tenant and application. Maps are by object id. */
export type Entra = IdentityProvider & {
  readonly dialect: EntraDialect;
  /** URN of the enterprise extension as it stands in the attribute mapping, which may be mistyped. */
  readonly enterpriseUrn: string;
  readonly accounts: Map<string, EntraAccount>;
  readonly groups: Map<string, EntraGroupAccount>;
};

const HEADERS: ClientHeaders = {
  userAgent: "",
  contentType: "application/scim+json; charset=utf-8",
  accept: "application/scim+json, application/json",
  blank: "+",
};

/**
 * Connects Entra ID to a tenant URL, whose flag decides the dialect: with `?aadOptscim062020` it follows the RFCs
 * more closely.
 */
export function entraId(connection: Connection): Entra {
  const dialect = connection.baseUrl.includes(FLAGGED_DIALECT.name) ? FLAGGED_DIALECT : DEFAULT_DIALECT;
  return {
    ...connect(connection, HEADERS),
    dialect,
    enterpriseUrn: ENTERPRISE_URN,
    accounts: new Map(),
    groups: new Map(),
  };
}

/** @throws Error for a user that has not been provisioned */
export function accountOf(entra: Entra, objectId: string): EntraAccount {
  const account = entra.accounts.get(objectId);
  if (account === undefined) throw new Error(`Entra ID has not provisioned the user ${objectId}.`);
  return account;
}

/** @throws Error for a group that has not been provisioned */
export function groupOf(entra: Entra, objectId: string): EntraGroupAccount {
  const group = entra.groups.get(objectId);
  if (group === undefined) throw new Error(`Entra ID has not provisioned the group ${objectId}.`);
  return group;
}

// Entra ID's read requests. It filters with `eq` and `and` only.

/**
 * "Test Connection", repeated for ever as keep-alive: the look-up of a user and of a group that do not exist.
 * @throws UnexpectedAnswer when an answer is not an empty list
 */
export async function testConnection({ client }: Entra): Promise<readonly [users: Exchange, groups: Exchange]> {
  const users = await client.get("/Users", { filter: `userName eq "${crypto.randomUUID()}"` });
  const groups = await client.get("/Groups", {
    excludedAttributes: "members",
    filter: `displayName eq "${crypto.randomUUID()}"`,
  });
  return [expectEmptyList(users), expectEmptyList(groups)];
}

/**
 * Looks a user up by a matching attribute.
 * @param filter such as `userName eq "jyoung@example.com"`
 * @returns the id, or undefined when there is no such user
 * @throws UnexpectedAnswer when there are several, for then Entra ID cannot go on
 */
export async function findUser({ client }: Entra, filter: string): Promise<string | undefined> {
  return onlyId(await client.get("/Users", { filter }));
}

/** Looks a group up by its name, without its members. */
export async function findGroup({ client }: Entra, displayName: string): Promise<string | undefined> {
  const query = { excludedAttributes: "members", filter: `displayName eq ${JSON.stringify(displayName)}` };
  return onlyIdNamed("displayName", displayName, await client.get("/Groups", query));
}

/** Looks a user up by the name that Entra ID matches by. */
export async function findUserNamed({ client }: Entra, userName: string): Promise<string | undefined> {
  return onlyIdNamed("userName", userName, await client.get("/Users", { filter: `userName eq "${userName}"` }));
}

/** Asks whether a user's manager is a certain one: references are compared by filter, not read. */
export async function hasManager(entra: Entra, objectId: string, managerObjectId: string): Promise<boolean> {
  const { id } = accountOf(entra, objectId);
  const manager = accountOf(entra, managerObjectId);
  const filter = `id eq "${id}" and manager eq "${manager.id}"`;
  return (await onlyId(await entra.client.get("/Users", { filter, attributes: "id" }))) === id;
}

/**
 * Account discovery: every user, page by page.
 * @returns their ids
 * @throws UnexpectedAnswer when a page does not continue the one before
 */
export async function discoverAccounts({ client }: Entra, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const startIndex = ids.length + 1;
    const exchange = await client.get("/Users", { startIndex, count });
    const page = listOf(exchange);
    if (page.startIndex !== startIndex) throw new UnexpectedAnswer(exchange, `"startIndex": ${startIndex}`);
    ids.push(...page.resources.map((resource) => String(resource["id"])));
    if (new Set(ids).size !== ids.length) throw new UnexpectedAnswer(exchange, "every user on one page only");
    if (ids.length >= page.totalResults) return ids;
    if (page.resources.length === 0) throw new UnexpectedAnswer(exchange, `${page.totalResults} users on all pages`);
  }
}

/** @throws UnexpectedAnswer also for several, and for another's id */
function onlyIdNamed(attribute: "userName" | "displayName", name: string, exchange: Exchange): string | undefined {
  return onlyId(exchange) && idNamed(attribute, name, exchange);
}

function onlyId(exchange: Exchange): string | undefined {
  const { totalResults, resources } = listOf(exchange);
  if (totalResults > 1)
    throw new UnexpectedAnswer(exchange, "one match at most, as nothing else is asked for (RFC 7644 §3.4.2.2)");
  const id = resources[0]?.["id"];
  if (totalResults === 1 && typeof id !== "string") throw new UnexpectedAnswer(exchange, "a match with its id");
  return typeof id === "string" ? id : undefined;
}

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

/** The group's id at the identity provider changes, because it was recreated there. */
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
