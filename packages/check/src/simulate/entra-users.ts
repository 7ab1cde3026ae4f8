import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import { expectStatus, idOf, UnexpectedAnswer } from "../answer.ts";
import type { Exchange } from "../client.ts";
import { expectUser, expectUserDeleted } from "../expected-state.ts";
import { accountOf, type Entra, type EntraAccount, findUserNamed } from "./entra.ts";
import {
  type AttributeChange,
  assignTarget,
  changesBetween,
  ENTERPRISE_URN,
  type EntraUser,
  mapUser,
  printTarget,
  type TargetAttribute,
} from "./entra-user.ts";
import { patchMessage } from "./identity-provider.ts";

const USER_SCHEMAS = ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE_URN];

/** How the body of a create is written: as today, or with nulls, as formerly. */
export type CreateStyle = "current" | "with-nulls";

const NULLS = { addresses: null, phoneNumbers: null, title: null, nickName: null, manager: null };

/** Changes of a user's properties; undefined takes a property away. */
export type UserChange = { readonly [Name in keyof EntraUser]?: EntraUser[Name] | undefined };

/** A user comes into scope: Entra ID matches an existing user, or creates one. */
export async function provisionUser(entra: Entra, user: EntraUser, style?: CreateStyle): Promise<Exchange> {
  const id = await findUserNamed(entra, user.userPrincipalName);
  return id === undefined ? createUser(entra, user, style) : adoptUser(entra, user, id);
}

async function createUser(entra: Entra, user: EntraUser, style: CreateStyle = "current"): Promise<Exchange> {
  const exchange = expectStatus(await entra.client.post("/Users", createBody(entra, user, style)), 201);
  const attributes = mapUser(user);
  for (const email of valuesOf(attributes, "emails")) email["primary"] = true;
  remember(entra, { id: idOf(exchange), user, attributes, manager: undefined });
  return exchange;
}

/**
 * The answer to a create was lost, and it is sent again: the server must say that the user is there, and Entra ID
 * finds it.
 */
export async function repeatCreate(entra: Entra, objectId: string): Promise<Exchange> {
  const { user, id } = accountOf(entra, objectId);
  const exchange = expectStatus(await entra.client.post("/Users", createBody(entra, user, "current")), 409);
  const { responseBody } = exchange;
  if (!isObject(responseBody) || responseBody["scimType"] !== "uniqueness") {
    throw new UnexpectedAnswer(exchange, 'scimType "uniqueness" (RFC 7644 §3.3)');
  }
  const found = await findUserNamed(entra, user.userPrincipalName);
  if (found !== id) throw new UnexpectedAnswer(exchange, "one user with this userName");
  return exchange;
}

function createBody({ enterpriseUrn }: Entra, user: EntraUser, style: CreateStyle): JsonObject {
  const { [ENTERPRISE_URN]: extension, ...attributes } = mapUser(user);
  for (const email of valuesOf(attributes, "emails")) email["primary"] = true;
  for (const role of valuesOf(attributes, "roles")) role["primary"] = "True";
  return {
    schemas: USER_SCHEMAS,
    ...(style === "with-nulls" ? NULLS : {}),
    roles: [],
    ...attributes,
    ...(extension === undefined ? {} : { [enterpriseUrn]: extension }),
    meta: { resourceType: "User" },
  };
}

/** The user exists already. Entra ID takes it over and replaces every mapped attribute. */
async function adoptUser(entra: Entra, user: EntraUser, id: string): Promise<Exchange> {
  await readUser(entra, id);
  const changes = changesBetween(undefined, user).map((change) => ({ ...change, before: "" }));
  remember(entra, { id, user, attributes: {}, manager: undefined });
  return applyChanges(entra, user.objectId, changes);
}

/** An incremental change: the properties that differ, in one PATCH. */
export async function updateUser(entra: Entra, objectId: string, change: UserChange): Promise<Exchange> {
  const account = accountOf(entra, objectId);
  const after = { ...account.user, ...change } as EntraUser;
  const changes = changesBetween(account.user, after);
  await readUser(entra, account.id);
  account.user = after;
  return applyChanges(entra, objectId, changes);
}

/** Entra ID sends the same for a user that is out of scope, blocked, or in the recycle bin. */
export function disableUser(entra: Entra, objectId: string): Promise<Exchange> {
  return updateUser(entra, objectId, { accountEnabled: false });
}

/** Back in scope. Memberships are not sent again. */
export function restoreUser(entra: Entra, objectId: string): Promise<Exchange> {
  return updateUser(entra, objectId, { accountEnabled: true });
}

/** Gone for good, 30 days after the recycle bin. */
export async function hardDeleteUser(entra: Entra, objectId: string): Promise<Exchange> {
  const { id } = accountOf(entra, objectId);
  const exchange = expectStatus(await entra.client.delete(`/Users/${id}`), 204);
  entra.accounts.delete(objectId);
  expectUserDeleted(entra.state, id);
  return exchange;
}

/** @param managerObjectId of a provisioned user; undefined takes the manager away */
export async function setManager(
  entra: Entra,
  objectId: string,
  managerObjectId: string | undefined,
): Promise<Exchange> {
  const account = accountOf(entra, objectId);
  const after = managerObjectId && accountOf(entra, managerObjectId).id;
  const operation = entra.dialect.managerOperation({ before: account.manager, after }, `${entra.client.baseUrl}/Users`);
  const exchange = await patchUser(entra, account, [operation]);
  account.manager = after;
  const [sent] = Array.isArray(operation["value"]) ? operation["value"] : [{ value: after ?? "" }];
  const target = { schema: ENTERPRISE_URN, attribute: "manager" };
  assignTarget(account.attributes, target, after === undefined ? undefined : sent);
  return exchange;
}

export type AppRole = { readonly id: string; readonly value: string; readonly displayName: string };

/** Roles by the expression AppRoleAssignmentsComplex: each value is JSON text. */
export async function assignRoles(entra: Entra, objectId: string, roles: readonly AppRole[]): Promise<Exchange> {
  const account = accountOf(entra, objectId);
  const values = roles.map((role) => ({ value: JSON.stringify(role) }));
  const exchange = await patchUser(entra, account, entra.dialect.addRoles(values));
  account.attributes["roles"] = [...valuesOf(account.attributes, "roles"), ...values];
  return exchange;
}

/**
 * Clears attributes as Microsoft's gallery validation does: with empty strings, then with nulls. Both must read back
 * as nothing.
 */
export async function clearAttributes(
  entra: Entra,
  objectId: string,
  targets: readonly TargetAttribute[],
  value: "" | null,
): Promise<Exchange> {
  const account = accountOf(entra, objectId);
  const op = entra.dialect.name === "default" ? "Replace" : "replace";
  const operations = targets.map((target) => ({ op, path: printTarget(target), value }));
  const exchange = await patchUser(entra, account, operations);
  for (const target of targets) assignTarget(account.attributes, target, undefined);
  return exchange;
}

async function applyChanges(entra: Entra, objectId: string, changes: readonly AttributeChange[]): Promise<Exchange> {
  const account = accountOf(entra, objectId);
  const exchange = await patchUser(entra, account, entra.dialect.userOperations(asMapped(entra, changes)));
  for (const { target, after } of changes) assignTarget(account.attributes, target, after);
  return exchange;
}

/** The targets as the administrator typed them. */
function asMapped({ enterpriseUrn }: Entra, changes: readonly AttributeChange[]): AttributeChange[] {
  return changes.map((change) => {
    if (change.target.schema !== ENTERPRISE_URN) return change;
    return { ...change, target: { ...change.target, schema: enterpriseUrn } };
  });
}

async function readUser({ client }: Entra, id: string): Promise<void> {
  expectStatus(await client.get(`/Users/${id}`), 200);
}

async function patchUser({ client }: Entra, { id }: EntraAccount, operations: readonly Json[]): Promise<Exchange> {
  return expectStatus(await client.patch(`/Users/${id}`, patchMessage(operations)), 200, 204);
}

function remember(entra: Entra, account: EntraAccount): void {
  entra.accounts.set(account.user.objectId, account);
  expectUser(entra.state, account.id, account.attributes);
}

function valuesOf(attributes: JsonObject, name: string): JsonObject[] {
  return (attributes[name] ?? []) as JsonObject[];
}
