import type { JsonObject } from "@scimtool/scim";
import { expectStatus, idOf, listOf } from "../answer.ts";
import type { ClientHeaders, Exchange } from "../client.ts";
import { expectedMembers, expectGroup, expectGroupDeleted, expectUser, expectUserDeleted } from "../expected-state.ts";
import { type Connection, connect, type IdentityProvider, type Person, patchMessage } from "./identity-provider.ts";

/** A JumpCloud application. */
export type JumpCloud = IdentityProvider;

const HEADERS: ClientHeaders = {
  // JumpCloud's User-Agent is not documented.
  userAgent: "",
  contentType: "application/scim+json",
  accept: "application/scim+json",
  blank: "%20",
};

export function jumpCloud(connection: Connection): JumpCloud {
  return connect(connection, HEADERS);
}

/**
 * "Activate": makes a test user, reads and changes it, puts it into a test group, and takes both away again.
 * @param leaving what becomes of the test user: some servers have no DELETE, and there it is deactivated
 */
export async function activate(jumpCloud: JumpCloud, person: Person, leaving: "deactivate" | "delete"): Promise<void> {
  const { client } = jumpCloud;
  listOf(await client.get("/Users", { filter: `userName eq "${person.userName}"` }));
  const userId = await createPerson(jumpCloud, person);
  expectStatus(await client.get(`/Users/${userId}`), 200);
  await putPerson(jumpCloud, userId, { ...person, title: "Test" });
  const groupId = await createGroup(jumpCloud, `Test group of ${person.userName}`);
  await addMember(jumpCloud, groupId, userId);
  expectStatus(await client.delete(`/Groups/${groupId}`), 204);
  expectGroupDeleted(jumpCloud.state, groupId);
  if (leaving === "deactivate") {
    await putPerson(jumpCloud, userId, { ...person, active: false });
  } else {
    expectStatus(await client.delete(`/Users/${userId}`), 204);
    expectUserDeleted(jumpCloud.state, userId);
  }
}

/** @returns the id that the server gave */
export async function createPerson({ client, state }: JumpCloud, person: Person): Promise<string> {
  const body = userBody(person);
  const id = idOf(expectStatus(await client.post("/Users", body), 201));
  expectUser(state, id, body);
  return id;
}

export async function putPerson({ client, state }: JumpCloud, id: string, person: Person): Promise<Exchange> {
  const body = userBody(person);
  const exchange = expectStatus(await client.put(`/Users/${id}`, { ...body, id }), 200);
  expectUser(state, id, body);
  return exchange;
}

/** @returns the id that the server gave */
export async function createGroup({ client, state }: JumpCloud, displayName: string): Promise<string> {
  const body = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName, members: [] };
  const id = idOf(expectStatus(await client.post("/Groups", body), 201));
  expectGroup(state, id, { displayName });
  return id;
}

export async function addMember({ client, state }: JumpCloud, groupId: string, userId: string): Promise<Exchange> {
  const message = patchMessage([{ op: "add", path: "members", value: [{ value: userId }] }]);
  const exchange = expectStatus(await client.patch(`/Groups/${groupId}`, message), 204, 200);
  expectedMembers(state, groupId).add(userId);
  return exchange;
}

function userBody(person: Person): JsonObject {
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName: person.userName,
    externalId: person.externalId,
    name: { givenName: person.givenName, familyName: person.familyName },
    displayName: `${person.givenName} ${person.familyName}`,
    emails: [{ value: person.email, type: "work", primary: true }],
    ...(person.title === undefined ? {} : { title: person.title }),
    active: person.active,
  };
}
