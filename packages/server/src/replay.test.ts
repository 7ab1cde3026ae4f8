import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  type Connection,
  compareResource,
  describeDifference,
  type Exchange,
  entraId,
  entraScenario,
  type IdentityProvider,
  jumpCloud,
  jumpCloudScenario,
  okta,
  oktaScenario,
  oktaSpecTest,
  oneLogin,
  oneLoginScenario,
  type Scenario,
  type ScimClient,
  verifyState,
} from "@scimtool/check";
import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import { type Program, startProgram } from "./testing/program.ts";

type Play = {
  readonly scenario: (connection: Connection, run: string) => Scenario;
  /** Documented PATCH operations that the scenario must send, in the format of {@link outline}. */
  readonly sends: readonly string[];
};

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const PLAYS: Record<string, Play> = {
  "Entra ID": {
    scenario: (connection, run) => entraScenario(entraId(connection), run),
    sends: [
      'Replace active "False"',
      'Replace active "True"',
      'Replace emails[type eq "work"].value text',
      'Add emails[type eq "work"].value text',
      "Replace name.familyName text",
      `Add ${ENTERPRISE}:costCenter text`,
      `Replace ${ENTERPRISE}:department text`,
      "Add manager [{$ref,value}]",
      `Replace ${ENTERPRISE}:manager text`,
      `Replace ${ENTERPRISE}:manager ""`,
      "Add members [{$ref,value}]",
      "Remove members [{$ref,value}]",
      "Add roles [{value}]",
      'Add roles[primary eq "True"].value text',
      `Replace ${ENTERPRISE.replace(":User", "User")}:department text`,
      'Remove phoneNumbers[type eq "mobile"].value nothing',
      'Replace title ""',
      "Replace title null",
      "Replace displayName text",
    ],
  },
  "Entra ID with the flag aadOptscim062020": {
    scenario: ({ baseUrl, token }, run) =>
      entraScenario(entraId({ baseUrl: `${baseUrl}?aadOptscim062020`, token }), run),
    sends: [
      "replace active false",
      `replace {displayName,name.givenName,name.formatted,${ENTERPRISE}:employeeNumber}`,
      "replace {displayName}",
      "add members [{value}]",
      'remove members[value eq "…"] nothing',
      `add ${ENTERPRISE}:manager text`,
      `replace ${ENTERPRISE}:manager text`,
      `remove ${ENTERPRISE}:manager nothing`,
      'replace emails[type eq "work"].value text',
    ],
  },
  "an Okta application made with the wizard": {
    scenario: (connection, run) => oktaScenario(okta(connection, "wizard"), run),
    sends: [],
  },
  "an Okta application of the catalogue": {
    scenario: (connection, run) => oktaScenario(okta(connection, "catalogue"), run),
    sends: [
      "replace {active}",
      "replace {password}",
      "replace {id,displayName}",
      "add members [{value,display}]",
      "replace members [{value,display}]",
      'remove members[value eq "…"] nothing',
    ],
  },
  OneLogin: {
    scenario: (connection, run) => oneLoginScenario(oneLogin(connection), run),
    sends: ["add members [{value}]", 'remove members[value eq "…"] nothing'],
  },
  JumpCloud: {
    scenario: (connection, run) => jumpCloudScenario(jumpCloud(connection), run),
    sends: ["add members [{value}]"],
  },
};

describe("a server that identity providers provision into", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "scimtool-replay-"));
  let program: Program;
  before(async () => {
    program = await startProgram({ dataDir });
  });
  after(async () => {
    const code = await program.stop();
    rmSync(dataDir, { recursive: true, force: true });
    assert.equal(code, 0, program.output());
    assert.doesNotMatch(program.output(), /"level":[56]0/, "no error in the log");
  });

  // One server for all: identity providers must not disturb each other's resources.
  const played: IdentityProvider[] = [];
  for (const [index, [name, { scenario, sends }]] of Object.entries(PLAYS).entries()) {
    test(`has what ${name} made after every phase`, async (t) => {
      const { identityProvider, phases } = scenario({ baseUrl: program.baseUrl, token: program.secret }, `run${index}`);
      const { client } = identityProvider;
      played.push(identityProvider);
      for (const phase of phases) {
        await t.test(phase.name, async () => {
          const before = client.exchanges.length;
          await phase.play();
          const exchanges = client.exchanges.slice(before);
          for (const exchange of exchanges) checkAnswer(exchange);
          assert.deepEqual(wrongAnswers(identityProvider, exchanges), []);
          assert.deepEqual(await wrongResources(client, identityProvider), []);
        });
      }
      await t.test("sends what the vendor documents", () => {
        const sent = new Set(client.exchanges.flatMap(({ requestBody }) => operationsOf(requestBody).map(outline)));
        assert.deepEqual(new Set(sends).difference(sent), new Set());
        if (sends.length === 0) assert.equal(sent.size, 0);
      });
    });
  }

  test("has what all of them made at the end", async () => {
    for (const idp of played) assert.deepEqual(await wrongResources(idp.client, idp), []);
  });

  test("lists every resource as it returns it alone", async () => {
    const [{ client } = assert.fail()] = played;
    for (const path of ["/Users", "/Groups"]) {
      const { responseBody } = await client.get(path, { count: 1_000 });
      const resources = (responseBody as JsonObject)["Resources"] as JsonObject[];
      assert.ok(resources.length > 3, path);
      for (const resource of resources) {
        assert.deepEqual((await client.get(`${path}/${resource["id"]}`)).responseBody, resource);
      }
    }
  });

  test("passes Okta's spec test", async () => {
    const results = await oktaSpecTest({ baseUrl: program.baseUrl, token: program.secret }, "spec");
    assert.equal(results.length, 9);
    assert.deepEqual(
      results.filter(({ failures }) => failures.length > 0),
      [],
    );
  });

  test("still has all of it after a crash and a new start", async () => {
    await program.kill();
    program = await startProgram({ dataDir });
    const { client } = entraId({ baseUrl: program.baseUrl, token: program.secret });
    for (const idp of played) assert.deepEqual(await wrongResources(client, idp), []);
  });
});

/** Differences between the resources on the server and in an identity provider. */
async function wrongResources(client: ScimClient, { state }: IdentityProvider): Promise<string[]> {
  return (await verifyState(client, state)).map(describeDifference);
}

/** The response to the last write of each resource must equal its current state. */
function wrongAnswers({ state }: IdentityProvider, exchanges: readonly Exchange[]): string[] {
  const last = new Map<string, Exchange>();
  for (const exchange of exchanges) {
    const { method, responseBody } = exchange;
    if (method === "GET" || !isObject(responseBody) || typeof responseBody["id"] !== "string") continue;
    last.set(responseBody["id"], exchange);
  }
  return [...last]
    .flatMap(([id, exchange]) => {
      const user = state.users.get(id);
      const group = state.groups.get(id);
      if (user !== undefined) return compareResource(`/Users/${id}`, "User", id, user, exchange);
      return group === undefined ? [] : compareResource(`/Groups/${id}`, "Group", id, group.attributes, exchange);
    })
    .map(describeDifference);
}

/** Statuses and formats of responses that identity providers depend on. */
function checkAnswer({ method, path, status, headers, responseBody }: Exchange): void {
  const exchange = `${method} ${path}`;
  if (responseBody !== undefined) {
    assert.match(headers.get("content-type") ?? "", /^application\/scim\+json(; charset=utf-8)?$/, exchange);
    assert.ok(isObject(responseBody), exchange);
    assert.ok(Array.isArray(responseBody["schemas"]), exchange);
  }
  switch (status) {
    case 204:
      assert.equal(responseBody, undefined, exchange);
      assert.ok(method === "DELETE" || (method === "PATCH" && path.startsWith("/Groups/")), exchange);
      return;
    case 404:
    case 409: {
      const { detail, status: inBody, scimType } = responseBody as JsonObject;
      assert.ok(typeof detail === "string" && detail !== "", exchange);
      assert.equal(inBody, String(status), exchange);
      assert.equal(scimType, status === 409 ? "uniqueness" : undefined, exchange);
      return;
    }
    case 201:
      assert.equal(method, "POST", exchange);
      return;
    case 200:
      assert.notEqual(method, "POST", exchange);
      assert.ok(method !== "PATCH" || path.startsWith("/Users/"), exchange);
      return;
    default:
      assert.fail(`${exchange} answered ${status}`);
  }
}

function operationsOf(body: Json | undefined): JsonObject[] {
  return isObject(body) && Array.isArray(body["Operations"]) ? body["Operations"].filter(isObject) : [];
}

/** An operation without its specific texts: `Add members [{$ref,value}]`. */
function outline({ op, path, value }: JsonObject): string {
  const where = path === undefined ? [] : [String(path).replace(/"[0-9a-f]{8}-[^"]*"/, '"…"')];
  return [op, ...where, outlineValue(value)].join(" ");
}

function outlineValue(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `[${[...new Set(value.map(outlineValue))].join()}]`;
  if (isObject(value)) return `{${Object.keys(value).join()}}`;
  return typeof value === "string" && !["", "True", "False"].includes(value) ? "text" : JSON.stringify(value);
}
