import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import { expectStatus, idNamed, idOf, listOf } from "../answer.ts";
import type { ClientHeaders, Exchange } from "../client.ts";
import { expectedMembers, expectGroup, expectGroupDeleted, expectUser } from "../expected-state.ts";
import {
  type Account,
  type Connection,
  connect,
  type IdentityProvider,
  type Person,
  patchMessage,
} from "./identity-provider.ts";

export const OKTA_USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User";

/** Okta's two kinds of applications: made with its wizard, or listed in its catalogue (OIN). They write differently. */
export type OktaApplication = "wizard" | "catalogue";

/** An Okta organisation's application. Accounts are by the person's external id; groups by name. */
export type Okta = IdentityProvider & {
  readonly application: OktaApplication;
  readonly accounts: Map<string, Account>;
  readonly groupIds: Map<string, string>;
};

export const OKTA_HEADERS: ClientHeaders = {
  userAgent: "Okta SCIM Client 1.0.0",
  contentType: "application/scim+json; charset=utf-8",
  accept: "application/scim+json",
  blank: "%20",
};

export function okta(connection: Connection, application: OktaApplication): Okta {
  return { ...connect(connection, OKTA_HEADERS), application, accounts: new Map(), groupIds: new Map() };
}

/** @throws Error for a person that has not been provisioned */
export function oktaAccount(okta: Okta, externalId: string): Account {
  const account = okta.accounts.get(externalId);
  if (account === undefined) throw new Error(`Okta has not provisioned the person ${externalId}.`);
  return account;
}

/** "Test Connector Configuration": two users, and the groups where they are to be pushed. */
export async function setUp({ client }: Okta): Promise<Exchange> {
  const exchange = await client.get("/Users", { startIndex: 1, count: 2 });
  listOf(exchange);
  listOf(await client.get("/Groups", { startIndex: 1, count: 100 }));
  return exchange;
}

/** Entitlement discovery: which resource types are roles or entitlements; most servers have none. */
export async function discoverEntitlements({ client }: Okta): Promise<Exchange> {
  const exchange = await client.get("/ResourceTypes");
  const wanted = ["urn:okta:scim:schemas:core:1.0:Role", "urn:okta:scim:schemas:core:1.0:Entitlement"];
  for (const { schema, endpoint } of listOf(exchange).resources) {
    if (wanted.includes(String(schema))) listOf(await client.get(String(endpoint), { startIndex: 1, count: 100 }));
  }
  return exchange;
}

/** Looks a person up by user name. @throws UnexpectedAnswer also when another is found */
export async function matchUser({ client }: Okta, userName: string): Promise<string | undefined> {
  const query = { filter: `userName eq "${userName}"`, startIndex: 1, count: 100 };
  return idNamed("userName", userName, await client.get("/Users", query));
}

/** Assigns a person to the application: Okta takes over an existing account, or creates one with a password. */
export async function assignPerson(okta: Okta, person: Person, password: string): Promise<Exchange> {
  const found = await matchUser(okta, person.userName);
  if (found !== undefined) return putUser(okta, { id: found, person });
  const body = userBody(person);
  const exchange = expectStatus(await okta.client.post("/Users", { ...body, groups: [], password }), 201);
  remember(okta, { id: idOf(exchange), person }, body);
  return exchange;
}

/** The profile changed. Both kinds of application read the account and put it back. */
export function updateProfile(okta: Okta, externalId: string, change: Partial<Person>): Promise<Exchange> {
  const { id, person } = oktaAccount(okta, externalId);
  return putUser(okta, { id, person: { ...person, ...change } });
}

/** Unassigned, deactivated or assigned again. Okta never deletes a user. */
export async function setActive(okta: Okta, externalId: string, active: boolean): Promise<Exchange> {
  if (okta.application === "wizard") return updateProfile(okta, externalId, { active });
  const { id, person } = oktaAccount(okta, externalId);
  const exchange = await patchUser(okta, id, { active });
  const account = { id, person: { ...person, active } };
  remember(okta, account, { ...okta.state.users.get(id), active });
  return exchange;
}

/** Sends a new password. It cannot be read back. */
export async function syncPassword(okta: Okta, externalId: string, password: string): Promise<Exchange> {
  const { id, person } = oktaAccount(okta, externalId);
  return okta.application === "wizard"
    ? putUser(okta, { id, person }, { password })
    : patchUser(okta, id, { password });
}

async function putUser(okta: Okta, account: Account, more: JsonObject = {}): Promise<Exchange> {
  const { id, person } = account;
  const { responseBody } = expectStatus(await okta.client.get(`/Users/${id}`), 200);
  const held = isObject(responseBody) ? responseBody : {};
  const body: JsonObject = { ...userBody(person), emails: [{ ...workEmail(person), display: person.email }] };
  // Okta sends unmapped attributes back as it read them.
  const kept = { id, meta: held["meta"] ?? {}, groups: held["groups"] ?? [] };
  const exchange = expectStatus(await okta.client.put(`/Users/${id}`, { ...kept, ...body, ...more }), 200);
  remember(okta, account, body);
  return exchange;
}

async function patchUser({ client }: Okta, id: string, value: JsonObject): Promise<Exchange> {
  return expectStatus(await client.patch(`/Users/${id}`, patchMessage([{ op: "replace", value }])), 200, 204);
}

function userBody(person: Person): JsonObject {
  return {
    schemas: [OKTA_USER_SCHEMA],
    userName: person.userName,
    name: { givenName: person.givenName, middleName: "", familyName: person.familyName },
    emails: [workEmail(person)],
    displayName: `${person.givenName} ${person.familyName}`,
    locale: person.locale ?? "en-US",
    ...(person.title === undefined ? {} : { title: person.title }),
    externalId: person.externalId,
    active: person.active,
  };
}

function workEmail({ email }: Person): JsonObject {
  return { primary: true, value: email, type: "work" };
}

function remember(okta: Okta, account: Account, attributes: JsonObject): void {
  okta.accounts.set(account.person.externalId, account);
  expectUser(okta.state, account.id, attributes);
}

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

/** "Push now": removes all members that are not listed. */
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
