import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../../../testing/application.ts";
import type { Sent } from "../../../testing/client.ts";
import { user } from "../../../testing/scim-bodies.ts";
import { signInAt } from "../session/test-support.ts";
import { answerCheck } from "./test-support.ts";

const server = await startApplication();
const { admin } = server;
const { check, seen } = answerCheck((await admin.get("/api/openapi.json")).body);

after(server.close);

const SCIM = "/api/endpoints/{endpoint}/scim/v2";

/** Sends a request to a path with its parameters replaced, and checks the response. */
async function ask(
  method: string,
  path: string,
  values: Record<string, unknown> = {},
  sent: Sent & { query?: string } = {},
) {
  const concrete = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
  const answer = await admin.send(method, concrete + (sent.query ?? ""), sent);
  check(method, path, answer);
  return answer.body;
}

/** Exchanges are recorded after their responses. */
async function recorded(query: string) {
  for (;;) {
    const found = await ask("GET", "/api/exchanges", {}, { query });
    if (found.exchanges.some(({ status }: { status: number }) => status === 409)) return found;
    await delay(20);
  }
}

const body = (value: unknown): Sent => ({ body: value });

test("every JSON operation responds as described", async () => {
  const [name, endpoint] = ["described", "described"];
  await ask("GET", "/api/version");
  await ask("GET", "/api/settings");
  await ask("GET", "/api/load");
  await ask("GET", "/api/backup/status");
  await ask("POST", "/api/backup/trigger");
  await ask("GET", "/api/openapi.json");
  await ask("GET", "/api/docs");

  await ask(
    "POST",
    "/api/endpoints",
    {},
    body({ name, settings: { limits: { maxPageSize: 10 }, indexed: ["User:title"] } }),
  );
  await ask("POST", "/api/endpoints", {}, body({ name }));
  await ask("POST", "/api/endpoints", {}, body({ title: name }));
  await ask("GET", "/api/endpoints");
  await ask("GET", "/api/endpoint-settings");
  await ask("GET", "/api/endpoints/{name}", { name });
  await ask("GET", "/api/endpoints/{name}", { name: "nobody" });
  await ask("POST", "/api/endpoints/{name}/check", { name }, body({ settings: { requireEtag: true, indexed: null } }));
  await ask("PATCH", "/api/endpoints/{name}", { name }, body({ settings: { requireEtag: false, indexed: null } }));

  const credentials = "/api/endpoints/{name}/credentials";
  const token = await ask("POST", credentials, { name }, body({ kind: "token", label: "t", expires: "90d" }));
  await ask("POST", credentials, { name }, body({ kind: "token", label: "t" }));
  await ask("POST", credentials, { name }, body({ kind: "client", label: "c", scopes: ["read"] }));
  await ask("GET", credentials, { name });
  await ask("PATCH", `${credentials}/{key}`, { name, key: token.key }, body({ label: "other" }));
  const rotated = await ask("POST", `${credentials}/{key}/rotate`, { name, key: token.key });

  const trusts = "/api/endpoints/{name}/trusts";
  const trusted = { label: "Entra", issuer: "https://issuer.example.com", audience: "api://6b1f" };
  const trust = await ask("POST", trusts, { name }, body(trusted));
  await ask("GET", trusts, { name });
  await ask("PATCH", `${trusts}/{key}`, { name, key: trust.key }, body({ tenant: "t1" }));
  const claims = { iss: "https://other.example.com", aud: "api://6b1f", exp: 4_000_000_000 };
  const parts = [JSON.stringify({ alg: "RS256", kid: "k" }), JSON.stringify(claims), "signature"];
  const jwt = parts.map((part) => Buffer.from(part).toString("base64url")).join(".");
  const tried = await ask("POST", `${trusts}/try`, { name }, body({ token: jwt }));
  assert.equal(tried.trusts.length, 1);
  await ask("POST", `${trusts}/try`, { name }, body({ token: "nonsense" }));
  await ask("DELETE", `${trusts}/{key}`, { name, key: trust.key });

  const users = { endpoint, type: "Users" };
  const { id } = await ask("POST", `${SCIM}/{type}`, users, body(user("anna")));
  await ask("POST", `${SCIM}/{type}`, users, body(user("anna")));
  await ask("GET", `${SCIM}/{type}`, users, { query: "?filter=userName%20eq%20%22anna%22" });
  await ask("GET", `${SCIM}/{type}/{id}`, { ...users, id });
  await ask("GET", `${SCIM}/{type}/{id}`, { ...users, id: "nobody" });
  const one = `${SCIM}/{type}/{id}`;
  for (const headers of [{ "if-none-match": "*" }, { "if-match": 'W/"none"' }] as const) {
    await ask("GET", one, { ...users, id }, { headers });
    await ask("PUT", one, { ...users, id }, { body: user("anna"), headers });
    await ask("DELETE", one, { ...users, id }, { headers });
  }
  await ask("POST", `${SCIM}/{type}`, users, { body: "<user/>", headers: { "content-type": "text/xml" } });
  await ask("POST", "/api/endpoints", {}, { body: "<x/>", headers: { "content-type": "text/xml" } });
  await ask("POST", "/api/endpoints", {}, body({ name: "x".repeat(2 ** 21) }));
  await ask("GET", "/api/version", {}, { query: "?nosuch=1" });
  await ask("PUT", `${SCIM}/{type}/{id}`, { ...users, id }, body({ ...user("anna"), title: "Head" }));
  const operations = [{ op: "replace", path: "title", value: "Chief" }];
  const patch = { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: operations };
  await ask("PATCH", `${SCIM}/{type}/{id}`, { ...users, id }, body(patch));
  const search = { schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], count: 1 };
  await ask("POST", `${SCIM}/{type}/.search`, users, body(search));
  await ask("POST", `${SCIM}/.search`, { endpoint }, body(search));
  await ask("GET", SCIM, { endpoint });
  const bulk = {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    Operations: [{ method: "DELETE", path: "/Users/none" }],
  };
  await ask("POST", `${SCIM}/Bulk`, { endpoint }, body(bulk));
  for (const path of ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"])
    await ask("GET", SCIM + path, { endpoint });
  await ask("GET", `${SCIM}/ResourceTypes/{id}`, { endpoint, id: "User" });
  await ask("GET", `${SCIM}/Schemas/{id}`, { endpoint, id: "urn:ietf:params:scim:schemas:core:2.0:User" });

  const provider = server.connect(rotated.secret, `/scim/endpoints/${name}/v2`);
  await provider.post("/Users", user("berta"));
  await provider.post("/Users", user("berta"));
  const found = await recorded(`?endpoint=${name}&limit=500`);
  for (const exchange of found.exchanges) await ask("GET", "/api/exchanges/{id}", { id: exchange.id });
  const [{ id: exchange }] = found.exchanges;
  await ask("GET", "/api/exchanges/{id}/curl", { id: exchange });
  await ask("POST", "/api/exchanges/{id}/replay", { id: exchange }, body({}));
  await ask("GET", "/api/activity/tests");
  await ask("GET", "/api/statistics");

  const history = "/api/endpoints/{name}/history/{id}";
  await ask("GET", history, { name, id });
  await ask("GET", "/api/endpoints/{name}/timeline/{id}", { name, id });
  await ask("GET", `${history}/state`, { name, id }, { query: "?revision=1" });
  await ask("POST", `${history}/restore`, { name, id }, body({ revision: 1 }));
  const guides = body({
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    displayName: "Guides",
    members: [{ value: id }],
  });
  const group = await ask("POST", `${SCIM}/{type}`, { ...users, type: "Groups" }, guides);
  await ask("GET", "/api/endpoints/{name}/members/{id}", { name, id: group.id });
  await ask("DELETE", `${SCIM}/{type}/{id}`, { ...users, id });
  await ask("GET", "/api/endpoints/{name}/deleted", { name });
  await ask("GET", "/api/endpoints/{name}/population", { name });
  await ask("GET", "/api/endpoints/{name}/clients", { name });

  await ask("DELETE", `${credentials}/{key}`, { name, key: rotated.key });
  await ask("POST", "/api/endpoints/{name}/empty", { name }, body({ confirm: name }));
  await ask("DELETE", "/api/endpoints/{name}", { name }, body({ confirm: name }));

  check("POST", "/api/session", await signInAt(admin, TEST_ADMIN_SECRET));
  check("POST", "/api/session", await signInAt(admin, "guessed"));
  const { sessions } = await ask("GET", "/api/sessions");
  await ask("DELETE", "/api/sessions/{key}", { key: sessions[0].key });
  await ask("GET", "/api/session");
  await ask("DELETE", "/api/session");
});

test("no operation was skipped except streams and those that need a backup target", async () => {
  const { paths } = (await admin.get("/api/openapi.json")).body;
  const all = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(
    all.filter((operation) => !seen.has(operation)),
    [
      "POST /api/backup/trigger",
      "GET /api/backup/restore-points",
      "GET /api/backup/verification",
      "POST /api/backup/verification",
      "GET /api/backup/database",
      "GET /api/live",
      "GET /api/export",
    ],
  );
});
