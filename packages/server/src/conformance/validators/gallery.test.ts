import assert from "node:assert/strict";
import { after } from "node:test";
import {
  accountOf,
  addMembers,
  clearAttributes,
  type Difference,
  deleteGroup,
  disableUser,
  discoverAccounts,
  type EntraUser,
  entraId,
  findGroup,
  findUser,
  groupOf,
  hardDeleteUser,
  hasManager,
  listOf,
  provisionGroup,
  provisionUser,
  relinkGroup,
  removeMembers,
  renameGroup,
  restoreUser,
  setManager,
  testConnection,
  updateUser,
  verifyState,
} from "@scimtool/check";
import { startIssuer, type TestIssuer } from "../../auth/testing/issuer.ts";
import { TEST_SECRET } from "../../testing/application.ts";
import { succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { ENTERPRISE, GROUP, USER } from "../../testing/scim-bodies.ts";
import { startWorld } from "../world.ts";
import { GALLERY, passes } from "./lists.ts";

// The simulator of Entra ID sends these requests, and throws if a response is not what Entra ID needs.

const world = await startWorld();
const { client, admin, origin, base, unique, make, newGroup, read } = world;
const entra = entraId({ baseUrl: base, token: TEST_SECRET });
let issuer: TestIssuer | undefined;
after(() => issuer?.close());

function person(more: Partial<EntraUser> = {}): EntraUser {
  const userPrincipalName = `${unique("user+")}@example.com`;
  return {
    objectId: crypto.randomUUID(),
    userPrincipalName,
    accountEnabled: true,
    isSoftDeleted: false,
    displayName: "Joy Young",
    givenName: "Joy",
    surname: "Young",
    mail: userPrincipalName,
    ...more,
  };
}

const groupInEntra = () => ({ objectId: crypto.randomUUID(), displayName: unique("Sales & Friends ") });

async function provisioned(more: Partial<EntraUser> = {}): Promise<string> {
  const user = person(more);
  await provisionUser(entra, user);
  return user.objectId;
}

async function provisionedGroup(): Promise<string> {
  const group = groupInEntra();
  await provisionGroup(entra, group);
  return group.objectId;
}

/** Asserts that the server has the state of Entra ID, attribute by attribute. */
async function agrees(): Promise<void> {
  const differences = await verifyState(entra.client, entra.state);
  assert.deepEqual(
    differences.filter((difference) => !isSameUri(difference)),
    [],
  );
}

/** A reference may be relative to the base URI (RFC 7643 §2.3.7). */
function isSameUri({ path, expected, found }: Difference): boolean {
  if (!path.endsWith(".$ref")) return false;
  return new URL(JSON.parse(found), `${base}/`).href === JSON.parse(expected);
}

passes(GALLERY, "Create_User_Test", async () => {
  const user = person();
  await provisionUser(entra, user);
  const found = await findUser(entra, `userName eq "${user.userPrincipalName}"`);
  assert.equal(found, accountOf(entra, user.objectId).id);
  await agrees();
});

passes(GALLERY, "Update_User_Test", async () => {
  const id = await provisioned({ jobTitle: "Manager" });
  await updateUser(entra, id, { jobTitle: "Director", department: "Sales", mail: "new@example.com" });
  await agrees();
});

passes(GALLERY, "Disable_User_Test", async () => {
  const id = await provisioned();
  await disableUser(entra, id);
  assert.equal((await read(`/Users/${accountOf(entra, id).id}`)).active, false);
  await agrees();
});

passes(GALLERY, "Delete_User_Test", async () => {
  const user = person();
  await provisionUser(entra, user);
  await hardDeleteUser(entra, user.objectId);
  assert.equal(await findUser(entra, `userName eq "${user.userPrincipalName}"`), undefined);
  await agrees();
});

passes(GALLERY, "User_Update_Manager_Test", async () => {
  const [report, boss] = [await provisioned(), await provisioned()];
  await setManager(entra, report, boss);
  assert.equal(await hasManager(entra, report, boss), true);
  await agrees();
});

passes(GALLERY, "Restore_User_Test", async () => {
  const id = await provisioned();
  const before = accountOf(entra, id).id;
  await disableUser(entra, id);
  await restoreUser(entra, id);
  const after = await read(`/Users/${before}`);
  assert.deepEqual([after.id, after.active], [before, true]);
  const gone = person();
  await provisionUser(entra, gone);
  await hardDeleteUser(entra, gone.objectId);
  await provisionUser(entra, gone);
  await agrees();
});

passes(GALLERY, "POD_User_Test", async () => {
  await testConnection(entra);
  const id = await provisioned({ employeeId: "7", costCenter: "4130" });
  assert.ok(accountOf(entra, id).id.length > 0);
  await agrees();
});

passes(GALLERY, "Create_Group_Test", async () => {
  const group = groupInEntra();
  await provisionGroup(entra, group);
  assert.equal(await findGroup(entra, group.displayName), groupOf(entra, group.objectId).id);
  await agrees();
});

passes(GALLERY, "Update_Group_Test", async () => {
  const id = await provisionedGroup();
  await renameGroup(entra, id, unique("Renamed "));
  await relinkGroup(entra, id, crypto.randomUUID());
  await agrees();
});

passes(GALLERY, "Delete_Group_Test", async () => {
  const group = groupInEntra();
  await provisionGroup(entra, group);
  await deleteGroup(entra, group.objectId);
  assert.equal(await findGroup(entra, group.displayName), undefined);
  await agrees();
});

passes(GALLERY, "Group_Update_Add_Member_Test", async () => {
  const [id, ...users] = [await provisionedGroup(), await provisioned(), await provisioned(), await provisioned()];
  await addMembers(entra, id, users.slice(0, 1));
  await addMembers(entra, id, users.slice(1));
  assert.equal((await read(`/Groups/${groupOf(entra, id).id}`)).members.length, 3);
  await agrees();
});

passes(GALLERY, "Group_Update_Remove_Member_Test", async () => {
  const [id, ann, bob] = [await provisionedGroup(), await provisioned(), await provisioned()];
  await addMembers(entra, id, [ann, bob]);
  await removeMembers(entra, id, [ann]);
  assert.deepEqual(
    (await read(`/Groups/${groupOf(entra, id).id}`)).members.map(({ value }: AnyJson) => value),
    [accountOf(entra, bob).id],
  );
  await agrees();
});

passes(GALLERY, "POD_Group_Test", async () => {
  await testConnection(entra);
  const [id, ann] = [await provisionedGroup(), await provisioned()];
  await addMembers(entra, id, [ann]);
  await agrees();
});

passes(GALLERY, "Restore_Group_Test", async () => {
  const group = groupInEntra();
  await provisionGroup(entra, group);
  await deleteGroup(entra, group.objectId);
  await provisionGroup(entra, group);
  await agrees();
});

passes(GALLERY, "Schema_Discoverability_Test", async () => {
  const names = new Set<string>();
  for (const { id, attributes } of (await read("/Schemas")).Resources) {
    const prefix = id === USER || id === GROUP ? "" : `${id}:`;
    for (const { name, subAttributes = [] } of attributes) {
      names.add(`${prefix}${name}`.toLowerCase());
      for (const sub of subAttributes) names.add(`${prefix}${name}.${sub.name}`.toLowerCase());
    }
  }
  const mapped = [
    ..."userName active displayName title preferredLanguage roles.value roles.primary".split(" "),
    ..."emails.type emails.value name.givenName name.familyName name.formatted".split(" "),
    ..."addresses.type addresses.streetAddress addresses.locality addresses.postalCode addresses.country".split(" "),
    ..."phoneNumbers.type phoneNumbers.value members.value members.$ref".split(" "),
    ...["employeeNumber", "department", "costCenter", "manager"].map((name) => `${ENTERPRISE}:${name}`),
  ];
  const missing = mapped.filter((name) => !names.has(name.toLowerCase()));
  assert.deepEqual(missing, []);
});

passes(GALLERY, "SCIM_Null_Update_Test", async () => {
  const id = await provisioned({ jobTitle: "T", preferredLanguage: "en-US", department: "D" });
  const targets = [
    { attribute: "title" },
    { attribute: "preferredLanguage" },
    { attribute: "name", subAttribute: "formatted" },
    { schema: ENTERPRISE, attribute: "department" },
  ];
  for (const value of ["", null] as const) {
    await clearAttributes(entra, id, targets, value);
    const { title, preferredLanguage, name, [ENTERPRISE]: extension } = await read(`/Users/${accountOf(entra, id).id}`);
    for (const cleared of [title, preferredLanguage, name.formatted, extension?.department]) {
      assert.ok(cleared === undefined || cleared === "", cleared);
    }
  }
  await agrees();
});

const userBody = (userName: string) => ({
  schemas: [USER, ENTERPRISE],
  externalId: unique("e"),
  userName,
  active: true,
  emails: [{ primary: true, type: "work", value: `${userName}@example.com` }],
  name: { familyName: "Young", givenName: "Joy" },
  [ENTERPRISE]: { employeeNumber: "7" },
});
const newUser = () => make("/Users", userBody(unique("direct")));

passes(GALLERY, "SCIM_User_Create_Test", async () => {
  const userName = unique("direct");
  const body = succeeded(await client.post("/Users", userBody(userName)), 201);
  assert.ok(body.id.length > 0);
  assert.equal(body.userName, userName);
});

passes(GALLERY, "SCIM_User_Update_Test", async () => {
  const made = await newUser();
  const targets = ["displayName", "title", "preferredLanguage", "name.givenName", `${ENTERPRISE}:department`];
  const value = `upd-${crypto.randomUUID()}`;
  const operations = targets.map((path) => ({ op: "Replace", path, value }));
  assert.ok([200, 204].includes((await client.patch(made.path, operations)).status));
  const { displayName, title, preferredLanguage, name, [ENTERPRISE]: extension } = await read(made);
  for (const found of [displayName, title, preferredLanguage, name.givenName, extension.department]) {
    assert.equal(found, value);
  }
});

passes(GALLERY, "SCIM_Group_Create_Test", async () => {
  const displayName = unique("direct group");
  const { id, displayName: found } = succeeded(await client.post("/Groups", { schemas: [GROUP], displayName }), 201);
  assert.ok(id.length > 0);
  assert.equal(found, displayName);
});

passes(GALLERY, "SCIM_Group_Update_Test", async () => {
  const made = await newGroup();
  const [displayName, externalId] = [unique("upd-"), unique("upd-")];
  const operations = Object.entries({ displayName, externalId }).map(([path, value]) => ({
    op: "Replace",
    path,
    value,
  }));
  assert.ok([200, 204].includes((await client.patch(made.path, operations)).status));
  const body = await read(made);
  assert.deepEqual([body.displayName, body.externalId], [displayName, externalId]);
});

/** Gets an access token, which opens SCIM for 60 to 360 minutes. */
async function opensWith(parameters: Record<string, string>): Promise<void> {
  const headers = { "content-type": "application/x-www-form-urlencoded", authorization: undefined };
  const body = new URLSearchParams({ grant_type: "client_credentials", ...parameters }).toString();
  const answer = await admin.send("POST", "/oauth/token", { body, headers });
  assert.equal(answer.status, 200, answer.text);
  const { access_token, expires_in, token_type } = answer.body;
  assert.ok(expires_in >= 60 * 60 && expires_in <= 360 * 60);
  assert.equal(token_type, "Bearer");
  succeeded(await client.get("/Users", { authorization: `Bearer ${access_token}` }), 200);
}

passes(GALLERY, "Validate_Credentials_Test", async () => {
  const made = await admin.post("/api/endpoints/default/credentials", { kind: "client", label: unique("client") });
  const { clientId, secret, tokenUrl } = made.body;
  assert.equal(tokenUrl, `${origin}/oauth/token`);
  await opensWith({ client_id: clientId, client_secret: secret });
});

passes(GALLERY, "Federated_Identity_Test", async () => {
  issuer = await startIssuer();
  const audience = "api://6b1f0e3a";
  const trust = { label: unique("trust"), issuer: issuer.issuer, audience, subject: "service-principal" };
  assert.equal((await admin.post("/api/endpoints/default/trusts", trust)).status, 201);
  const exp = Math.floor(Date.now() / 1_000) + 600;
  const claims = {
    iss: issuer.issuer,
    aud: audience,
    sub: "service-principal",
    azp: "6b1f0e3a",
    exp,
    jti: unique("j"),
  };
  await opensWith({
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: await issuer.sign(claims),
  });
});

async function pagesThrough(path: string): Promise<void> {
  const ids = new Set<string>();
  let total = 1;
  for (let startIndex = 1; startIndex <= total; startIndex += 5) {
    const page = listOf(await entra.client.get(path, { startIndex, count: 5 }));
    assert.equal(page.startIndex, startIndex);
    for (const { id } of page.resources) ids.add(String(id));
    total = page.totalResults;
  }
  assert.ok(total >= 11);
  assert.equal(ids.size, total);
}

passes(GALLERY, "SCIM_User_Pagination_Test", async () => {
  for (let index = 0; index < 11; index++) await newUser();
  await pagesThrough("/Users");
  assert.equal((await discoverAccounts(entra, 5)).length, (await read("/Users?count=0")).totalResults);
});

passes(GALLERY, "SCIM_Group_Pagination_Test", async () => {
  for (let index = 0; index < 11; index++) await newGroup();
  await pagesThrough("/Groups");
});

passes(GALLERY, "SCIM_Update_Manager_Test", async () => {
  const [report, boss, other] = [await provisioned(), await provisioned(), await provisioned()];
  for (const manager of [boss, other, undefined]) {
    await setManager(entra, report, manager);
    await agrees();
  }
});
