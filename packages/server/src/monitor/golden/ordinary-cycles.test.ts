import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import {
  addGroupMembers,
  addMembers,
  assignPerson,
  type Connection,
  disableUser,
  type Entra,
  type EntraUser,
  entraId,
  findUserNamed,
  hardDeleteUser,
  hasManager,
  type IdentityProvider,
  type Okta,
  okta,
  type Person,
  provisionGroup,
  provisionUser,
  pushGroup,
  removeGroupMember,
  removeMembers,
  renameGroup,
  renamePushedGroup,
  restoreUser,
  setActive,
  setManager,
  setUp,
  testConnection,
  updateProfile,
  updateUser,
} from "@scimtool/check";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { type AnyJson, clientOf } from "../../testing/client.ts";

// What identity providers do every day is no reason to warn anybody.

const server = await startApplication();
const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
after(async () => {
  admin.close();
  await server.close();
});

const PEOPLE = 50;
const GROUPS = 5;

/** Findings above info of what a client sent to an endpoint of its own. */
async function warningsOf(
  name: string,
  play: (connection: Connection) => Promise<IdentityProvider>,
): Promise<string[]> {
  await admin.post("/api/endpoints", { name });
  const { body } = await admin.post(`/api/endpoints/${name}/credentials`, { kind: "token", label: "provisioning" });
  const { client } = await play({ baseUrl: `${server.origin}/scim/endpoints/${name}/v2`, token: body.secret });
  await allRecorded(name, client.exchanges.length);
  const found = await admin.get(`/api/exchanges?endpoint=${name}&severity=notice,warning,error&limit=500`);
  return found.body.exchanges.flatMap(({ method, path, findings }: AnyJson) =>
    findings.map(
      ({ kind, sentence }: AnyJson) => `${method} ${path.replace(/[0-9a-f-]{36}/, "ID")} ${kind}: ${sentence}`,
    ),
  );
}

async function allRecorded(name: string, count: number): Promise<void> {
  for (let tries = 0; tries < 250; tries++) {
    const { total } = (await admin.get(`/api/exchanges?endpoint=${name}&limit=1`)).body;
    if (total >= count) return;
    await setTimeout(20);
  }
  throw new Error(`fewer than ${count} exchanges of ${name} were recorded`);
}

function staff(run: string): EntraUser[] {
  return Array.from({ length: PEOPLE }, (_, at) => ({
    objectId: crypto.randomUUID(),
    userPrincipalName: `user${at}.${run}@example.com`,
    accountEnabled: true,
    isSoftDeleted: false,
    displayName: `Given${at} Family${at}`,
    givenName: `Given${at}`,
    surname: `Family${at}`,
    mail: `user${at}.${run}@example.com`,
    department: "Sales",
    ...(at % 2 === 0 ? { jobTitle: "Clerk" } : {}),
  }));
}

async function playEntra(entra: Entra): Promise<Entra> {
  const people = staff("entra");
  const ids = people.map(({ objectId }) => objectId);
  const groups = Array.from({ length: GROUPS }, (_, at) => ({
    objectId: crypto.randomUUID(),
    displayName: `Team ${at}`,
  }));
  await testConnection(entra);
  for (const person of people) await provisionUser(entra, person);
  for (const [at, group] of groups.entries()) {
    await provisionGroup(entra, group);
    await addMembers(entra, group.objectId, ids.slice(at * 10, at * 10 + 10));
  }
  // In the next cycle, managers exist.
  for (const id of ids.slice(1)) {
    await setManager(entra, id, ids[0]);
    await hasManager(entra, id, ids[0] ?? "");
  }
  const [first = "", second = "", third = "", fourth = ""] = ids;
  for (let day = 0; day < 3; day++) await testConnection(entra);
  await updateUser(entra, first, { surname: "Miller", displayName: "Given0 Miller", jobTitle: "Lead" });
  await updateUser(entra, second, { department: "Retail", jobTitle: undefined });
  await disableUser(entra, third);
  await updateUser(entra, fourth, { isSoftDeleted: true });
  await restoreUser(entra, third);
  await hardDeleteUser(entra, fourth);
  const [team, other] = groups.map(({ objectId }) => objectId);
  await removeMembers(entra, team ?? "", [second]);
  await addMembers(entra, other ?? "", [second]);
  await renameGroup(entra, team ?? "", "Team Zero");
  // Another source of profiles fills in what nobody had.
  for (const person of people.slice(4)) {
    await updateUser(entra, person.objectId, { employeeId: person.objectId.slice(0, 6), city: "Bern" });
  }
  await findUserNamed(entra, "new.starter@example.com");
  return entra;
}

function oktaPeople(): Person[] {
  return Array.from({ length: PEOPLE }, (_, at) => ({
    externalId: `00u${at}`,
    userName: `user${at}.okta@example.com`,
    givenName: `Given${at}`,
    familyName: `Family${at}`,
    email: `user${at}.okta@example.com`,
    active: true,
  }));
}

async function playOkta(provider: Okta): Promise<Okta> {
  const people = oktaPeople();
  const ids = people.map(({ externalId }) => externalId);
  await setUp(provider);
  for (const person of people) await assignPerson(provider, person, "1mz050nq");
  for (let at = 0; at < GROUPS; at++) {
    await pushGroup(provider, `Team ${at}`);
    await addGroupMembers(provider, `Team ${at}`, ids.slice(at * 10, at * 10 + 10));
  }
  for (let day = 0; day < 3; day++) await setUp(provider);
  const [first = "", second = "", third = ""] = ids;
  await updateProfile(provider, first, { familyName: "Miller", title: "Lead" });
  await updateProfile(provider, second, { email: "other.okta@example.com" });
  await setActive(provider, third, false);
  await setActive(provider, third, true);
  await removeGroupMember(provider, "Team 0", second);
  await addGroupMembers(provider, "Team 1", [second]);
  await renamePushedGroup(provider, "Team 0", "Team Zero");
  for (const id of ids.slice(3)) await updateProfile(provider, id, { title: "Clerk" });
  return provider;
}

describe("an ordinary day has no finding above info:", () => {
  for (const [name, query] of [
    ["entra", ""],
    ["entra-flagged", "?aadOptscim062020"],
  ] as const) {
    test(name, async () => {
      const warnings = await warningsOf(name, ({ baseUrl, token }) =>
        playEntra(entraId({ baseUrl: baseUrl + query, token })),
      );
      assert.deepEqual(warnings, []);
    });
  }

  for (const application of ["wizard", "catalogue"] as const) {
    test(`okta-${application}`, async () => {
      const warnings = await warningsOf(`okta-${application}`, (connection) => playOkta(okta(connection, application)));
      assert.deepEqual(warnings, []);
    });
  }
});
