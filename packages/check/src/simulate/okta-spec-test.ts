import { isObject, type Json, type JsonObject, own } from "@scimtool/scim";
import { idOf, listOf } from "../answer.ts";
import { type Exchange, type ScimClient, scimClient } from "../client.ts";
import type { Connection } from "./identity-provider.ts";
import { OKTA_HEADERS, OKTA_USER_SCHEMA } from "./okta.ts";

/** The longest time for `/Groups`. */
const GROUPS_LIMIT_MS = 600;

/** One test of the list that Okta publishes for servers in its catalogue. */
export type SpecTestResult = {
  readonly name: string;
  /** Empty when passed: what was wrong, in words. */
  readonly failures: readonly string[];
};

/**
 * Runs Okta's SCIM 2.0 spec test. The server must have a user beforehand; the one that the test creates is deactivated
 * at its end, for Okta deletes none.
 */
export async function oktaSpecTest(connection: Connection, run: string): Promise<SpecTestResult[]> {
  const client = scimClient({ ...connection, headers: OKTA_HEADERS });
  const stranger = scimClient({ ...connection, token: "not-the-token", headers: OKTA_HEADERS });
  const results: SpecTestResult[] = [];
  async function test(name: string, check: (that: Check) => Promise<void>): Promise<void> {
    const failures: string[] = [];
    try {
      await check((holds, needed) => {
        if (!holds) failures.push(needed);
      });
    } catch (error) {
      failures.push((error as Error).message);
    }
    results.push({ name, failures });
  }

  const user = newUser(run);
  let firstId = "";
  await test("the list of users has a first user with name, active and email", async (that) => {
    const exchange = await client.get("/Users", { count: 1, startIndex: 1 });
    const first = listOf(exchange).resources[0] ?? {};
    firstId = String(first["id"] ?? "");
    checkUser(first, that);
    for (const name of ["totalResults", "startIndex", "itemsPerPage"]) {
      that(typeof memberOf(exchange, name) === "number", `${name} is a number`);
    }
  });
  await test("a user is read by id", async (that) => {
    const exchange = await client.get(`/Users/${firstId}`);
    that(exchange.status === 200, "status 200");
    checkUser(exchange.responseBody, that);
  });
  await test("a filter for an unknown user name finds nothing", async (that) => {
    that(listOf(await matching(client, `nobody-${run}@example.com`)).totalResults === 0, "totalResults 0");
  });
  await test("an unknown id is answered 404 with a detail", async (that) => {
    checkError(await client.get(`/Users/${crypto.randomUUID()}`), 404, that);
    checkError(await client.get("/00919288221112222"), 404, that);
  });
  let id = "";
  await test("a user is created", async (that) => {
    that(listOf(await matching(client, String(user["userName"]))).totalResults === 0, "no such user beforehand");
    const exchange = await client.post("/Users", user);
    that(exchange.status === 201, `status 201, not ${exchange.status}`);
    id = idOf(exchange);
    checkUser(exchange.responseBody, that);
    that(memberOf(exchange, "userName") === user["userName"], "userName as sent");
    that(memberOf(await client.get(`/Users/${id}`), "id") === id, "the created user is read by its id");
  });
  await test("a second user of this name is answered 409", async (that) => {
    checkError(await client.post("/Users", user), 409, that);
  });
  await test("a user name is found in upper case", async (that) => {
    const { resources } = listOf(await matching(client, String(user["userName"]).toUpperCase()));
    that(resources.length === 1 && resources[0]?.["id"] === id, "the created user is found");
  });
  await test("a wrong token is answered 401 in SCIM form", async (that) => {
    checkError(await matching(stranger, String(user["userName"])), 401, that);
  });
  await test(`/Groups answers within ${GROUPS_LIMIT_MS} ms`, async (that) => {
    const exchange = await client.get("/Groups");
    that(exchange.status === 200, "status 200");
    that(exchange.durationMs < GROUPS_LIMIT_MS, `less than ${GROUPS_LIMIT_MS} ms, not ${exchange.durationMs}`);
  });
  await client.put(`/Users/${id}`, { ...user, id, active: false });
  return results;
}

/** @param needed what must hold, in words */
type Check = (holds: boolean, needed: string) => void;

function newUser(run: string): JsonObject {
  const userName = `runscope.${run}@example.com`;
  return {
    schemas: [OKTA_USER_SCHEMA],
    userName,
    name: { givenName: "Runscope", familyName: `User ${run}` },
    emails: [{ primary: true, value: userName, type: "work" }],
    displayName: `Runscope User ${run}`,
    active: true,
  };
}

function matching(client: ScimClient, userName: string): Promise<Exchange> {
  return client.get("/Users", { filter: `userName eq "${userName}"` });
}

function checkUser(user: Json | undefined, that: Check): void {
  const body = isObject(user) ? user : {};
  const name = isObject(body["name"]) ? body["name"] : {};
  const [email] = Array.isArray(body["emails"]) ? body["emails"] : [];
  that(typeof body["id"] === "string" && body["id"] !== "", "id is not empty");
  that(isText(name["givenName"]) && isText(name["familyName"]), "name has givenName and familyName");
  that(isText(body["userName"]), "userName is not empty");
  that(typeof body["active"] === "boolean", "active is a boolean");
  that(isObject(email) && isText(email["value"]), "emails[0].value is not empty");
}

function checkError(exchange: Exchange, status: number, that: Check): void {
  const schemas = memberOf(exchange, "schemas");
  that(exchange.status === status, `status ${status}, not ${exchange.status}`);
  that(isText(memberOf(exchange, "detail")), "detail is not empty");
  that(memberOf(exchange, "status") === String(status), `"status": "${status}" in the body`);
  that(Array.isArray(schemas) && schemas.includes("urn:ietf:params:scim:api:messages:2.0:Error"), "the Error schema");
}

function memberOf({ responseBody }: Exchange, name: string): Json | undefined {
  return isObject(responseBody) ? own(responseBody, name) : undefined;
}

function isText(value: Json | undefined): boolean {
  return typeof value === "string" && value !== "";
}
