import type { Json, JsonObject } from "@scimtool/scim";
import { expectStatus, idNamed, idOf } from "../answer.ts";
import type { ClientHeaders, Exchange } from "../client.ts";
import { expectedMembers, expectGroup, expectUser, expectUserDeleted } from "../expected-state.ts";
import {
  type Account,
  type Connection,
  connect,
  type IdentityProvider,
  type Person,
  patchMessage,
} from "./identity-provider.ts";

/** A OneLogin application. Accounts are by the person's external id; groups by name. */
export type OneLogin = IdentityProvider & {
  readonly accounts: Map<string, Account>;
  readonly groupIds: Map<string, string>;
};

const HEADERS: ClientHeaders = {
  userAgent: "",
  contentType: "application/json",
  accept: "application/json",
  blank: "%20",
};

const CREATE_SCHEMAS = [
  "urn:ietf:params:scim:schemas:core:2.0:User",
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
];

/** Of SCIM 1.1, in requests of SCIM 2.0. */
const PUT_SCHEMAS = ["urn:scim:schemas:core:1.0", "urn:scim:schemas:extension:enterprise:1.0"];

export function oneLogin(connection: Connection): OneLogin {
  return { ...connect(connection, HEADERS), accounts: new Map(), groupIds: new Map() };
}

/** Searches for the person by user name, and creates it if missing. URLs end with a parameter separator. */
export async function provisionPerson(oneLogin: OneLogin, person: Person): Promise<Exchange> {
  const filter = encodeURIComponent(`userName eq "${person.userName}"`);
  const found = idNamed("userName", person.userName, await oneLogin.client.get(`/Users?filter=${filter}&`));
  if (found !== undefined) return putPerson(oneLogin, { id: found, person });
  const body = userBody(person);
  const exchange = await oneLogin.client.post("/Users?", { schemas: CREATE_SCHEMAS, ...body, groups: [] });
  remember(oneLogin, { id: idOf(expectStatus(exchange, 201)), person }, body);
  return exchange;
}

/** Any change, `active` among them. */
export function updatePerson(oneLogin: OneLogin, externalId: string, change: Partial<Person>): Promise<Exchange> {
  const { id, person } = accountOf(oneLogin, externalId);
  return putPerson(oneLogin, { id, person: { ...person, ...change } });
}

export async function deletePerson(oneLogin: OneLogin, externalId: string): Promise<Exchange> {
  const { id } = accountOf(oneLogin, externalId);
  const exchange = expectStatus(await oneLogin.client.delete(`/Users/${id}?`), 204);
  oneLogin.accounts.delete(externalId);
  expectUserDeleted(oneLogin.state, id);
  return exchange;
}

export async function createRuleGroup({ client, state, groupIds }: OneLogin, displayName: string): Promise<Exchange> {
  const body = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName };
  const exchange = expectStatus(await client.post("/Groups?", body), 201);
  groupIds.set(displayName, idOf(exchange));
  expectGroup(state, idOf(exchange), { displayName });
  return exchange;
}

export async function addToGroup(oneLogin: OneLogin, displayName: string, externalId: string): Promise<Exchange> {
  const { id } = accountOf(oneLogin, externalId);
  const groupId = groupIdOf(oneLogin, displayName);
  const exchange = await patchGroup(oneLogin, groupId, { op: "add", path: "members", value: [{ value: id }] });
  expectedMembers(oneLogin.state, groupId).add(id);
  return exchange;
}

export async function removeFromGroup(oneLogin: OneLogin, displayName: string, externalId: string): Promise<Exchange> {
  const { id } = accountOf(oneLogin, externalId);
  const groupId = groupIdOf(oneLogin, displayName);
  const exchange = await patchGroup(oneLogin, groupId, { op: "remove", path: `members[value eq "${id}"]` });
  expectedMembers(oneLogin.state, groupId).delete(id);
  return exchange;
}

async function patchGroup({ client }: OneLogin, id: string, operation: Json): Promise<Exchange> {
  return expectStatus(await client.patch(`/Groups/${id}?`, patchMessage([operation])), 204, 200);
}

async function putPerson(oneLogin: OneLogin, account: Account): Promise<Exchange> {
  const { id, person } = account;
  const body = userBody(person);
  const exchange = await oneLogin.client.put(`/Users/${id}?`, { schemas: PUT_SCHEMAS, id, ...body });
  remember(oneLogin, account, body);
  return expectStatus(exchange, 200);
}

function userBody(person: Person): JsonObject {
  return {
    userName: person.userName,
    externalId: person.externalId,
    name: {
      formatted: `${person.givenName} ${person.familyName}`,
      givenName: person.givenName,
      familyName: person.familyName,
    },
    displayName: `${person.givenName} ${person.familyName}`,
    emails: [{ value: person.email, type: "work", primary: true }],
    ...(person.title === undefined ? {} : { title: person.title }),
    active: person.active,
  };
}

function remember(oneLogin: OneLogin, account: Account, attributes: JsonObject): void {
  oneLogin.accounts.set(account.person.externalId, account);
  expectUser(oneLogin.state, account.id, attributes);
}

function accountOf({ accounts }: OneLogin, externalId: string): Account {
  const account = accounts.get(externalId);
  if (account === undefined) throw new Error(`OneLogin has not provisioned the person ${externalId}.`);
  return account;
}

function groupIdOf({ groupIds }: OneLogin, displayName: string): string {
  const id = groupIds.get(displayName);
  if (id === undefined) throw new Error(`OneLogin has not provisioned the group "${displayName}".`);
  return id;
}
