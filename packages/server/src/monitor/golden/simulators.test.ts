import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import {
  type Connection,
  type Exchange,
  entraId,
  entraScenario,
  jumpCloud,
  jumpCloudScenario,
  okta,
  oktaScenario,
  oneLogin,
  oneLoginScenario,
  type Scenario,
} from "@scimtool/check";
import { isObject } from "@scimtool/scim";
import { startApplication, TEST_SECRET } from "../../testing/application.ts";
import type { Dialect } from "../dialect/client.ts";
import { mergeRecognitions, type Recognition, recogniseDialect } from "../dialect/recognise.ts";
import { purposeOf } from "../probe.ts";
import { redactBody } from "../redact/body.ts";
import { secretNames } from "../redact/secret-names.ts";
import { exchangeFacts, searched } from "../testing/exchange-facts.ts";

// Whole scenarios of the simulators, as the monitor sees them.

const server = await startApplication();
after(server.close);

type Play = (connection: Connection, run: string) => Scenario;

const PLAYS: readonly (readonly [dialect: Dialect, userAgent: string, play: Play])[] = [
  ["entra", "", (connection, run) => entraScenario(entraId(connection), run)],
  [
    "entra-flagged",
    "",
    ({ baseUrl, token }, run) => entraScenario(entraId({ baseUrl: `${baseUrl}?aadOptscim062020`, token }), run),
  ],
  ["okta-wizard", "Okta SCIM Client 1.0.0", (connection, run) => oktaScenario(okta(connection, "wizard"), run)],
  ["okta-catalogue", "Okta SCIM Client 1.0.0", (connection, run) => oktaScenario(okta(connection, "catalogue"), run)],
  ["onelogin", "", (connection, run) => oneLoginScenario(oneLogin(connection), run)],
  ["rfc-clean", "", (connection, run) => jumpCloudScenario(jumpCloud(connection), run)],
];

describe("the simulator of", () => {
  for (const [index, [dialect, userAgent, play]] of PLAYS.entries()) {
    test(`${dialect} is recognised by what it sends, and by nothing that it does not`, async () => {
      const { exchanges } = await played(play, `r${index}`);
      assert.ok(exchanges.length > 10);
      const recognitions = exchanges.map((exchange) => recognised(exchange, userAgent));
      assert.equal(mergeRecognitions(recognitions).dialect, dialect);
      const vendor = dialect.replace(/-.*/, "");
      for (const each of recognitions) {
        assert.ok([vendor, "unknown", "rfc"].includes(each.dialect.replace(/-.*/, "")), JSON.stringify(each));
      }
    });
  }
});

test("connection tests are told from look-ups", async () => {
  const { exchanges } = await played((connection, run) => entraScenario(entraId(connection), run), "probes");
  const searches = exchanges.filter(({ method, path }) => method === "GET" && path.includes("filter="));
  const purposes = searches.map(({ path, responseBody }) => {
    const [resource = "", query = ""] = path.split("?");
    const total = isObject(responseBody) ? Number(responseBody["totalResults"]) : 0;
    const type = resource === "/Users" ? "User" : "Group";
    const filter = new URLSearchParams(query).get("filter") ?? undefined;
    return purposeOf(exchangeFacts(searched(filter, { type, total }), { path: resource, query }));
  });
  // A test of the connection is one of users and one of groups; two other phases look for a GUID as well.
  assert.equal(purposes.filter((purpose) => purpose === "test").length, 4);
  assert.ok(purposes.filter((purpose) => purpose === "look-up").length > 10);
});

test("no password that a simulator sends is in a record of what it sent", async () => {
  const { exchanges } = await played((connection, run) => oktaScenario(okta(connection, "catalogue"), run), "secrets");
  const bodies = exchanges.map(({ requestBody }) => JSON.stringify(requestBody ?? null));
  const passwords = bodies.flatMap((body) => /"password":"([^"]+)"/.exec(body)?.[1] ?? []);
  assert.ok(passwords.length > 0);
  for (const body of bodies) {
    const { text } = redactBody(Buffer.from(body), 100_000, secretNames());
    for (const password of passwords) assert.ok(!text.includes(password));
  }
});

async function played(play: Play, run: string): Promise<{ exchanges: readonly Exchange[] }> {
  const scenario = play({ baseUrl: `${server.origin}/scim/v2`, token: TEST_SECRET }, run);
  for (const phase of scenario.phases) await phase.play();
  return { exchanges: scenario.identityProvider.client.exchanges };
}

function recognised({ method, path, requestBody }: Exchange, userAgent: string): Recognition {
  const at = path.indexOf("?");
  const query = at < 0 ? undefined : path.slice(at + 1);
  return recogniseDialect({ method, path: at < 0 ? path : path.slice(0, at), query, userAgent, body: requestBody });
}
