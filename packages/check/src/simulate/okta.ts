import { isObject, type JsonObject } from "@scimtool/scim";
import { expectStatus, idNamed, idOf, listOf } from "../answer.ts";
import type { ClientHeaders, Exchange } from "../client.ts";
import { expectUser } from "../expected-state.ts";
import { type Connection, connect, type IdentityProvider } from "./identity-provider.ts";
import { patchMessage } from "./patch-message.ts";
import type { Account, Person } from "./person.ts";

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

/** Assigns a person to the application: the account that is there is taken over, or one is made with a password. */
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

/** Sends a new password. It is read back by nobody. */
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
  // What Okta has read and has no mapping for goes back as it came.
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
