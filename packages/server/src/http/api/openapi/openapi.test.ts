import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { startApplication } from "../../../testing/application.ts";
import type { Answer } from "../../../testing/client.ts";
import { fakeReplica } from "../../../testing/replica.ts";
import { VERSION } from "../../../version.ts";
import { TAGS } from "../schema.ts";

const server = await startApplication();
const anybody = server.connect(undefined);
const { admin } = server;
const answer = await anybody.get("/api/openapi.json");
const document = answer.body;

const SCIM = "/api/endpoints/{endpoint}/scim/v2";

type Operation = { readonly method: string; readonly path: string; readonly said: typeof document };

const operations: Operation[] = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item as object).map(([method, said]) => ({ method: method.toUpperCase(), path, said })),
);

/** The names listed by the error for an unknown one. */
function knownIn({ status, body, text }: Answer): string[] {
  assert.equal(status, 400, text);
  const names = /"nosuch" is not known here\. [^:]*: (.*)\.$/.exec(body.detail)?.[1];
  assert.ok(names !== undefined, body.detail);
  return names.split(", ").toSorted();
}

after(server.close);

describe("the description of the API", () => {
  test("is valid OpenAPI 3.1, of this version, without any secret", async () => {
    assert.equal(answer.status, 200);
    assert.match(String(answer.headers["content-type"]), /^application\/json/);
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors));
    assert.match(document.openapi, /^3\.1\./);
    assert.equal(document.info.version, VERSION);
  });

  test("has every route below /api, except the files of its own page", () => {
    const documented = new Set(operations.map(({ method, path }) => `${method} ${path}`));
    const routes = server.application.server.administrationRoutes.map(({ method, url }) => ({
      method,
      path: url.replaceAll(/:(\w+)/g, "{$1}"),
    }));
    assert.ok(routes.length > 40, "the routes were not listed");
    const missing = routes
      .filter(({ method, path }) => !documented.has(`${method} ${path}`))
      .filter(({ path }) => !path.startsWith(SCIM) && !path.startsWith("/api/docs/"));
    assert.deepEqual(missing, []);
  });

  test("has no route that does not exist", () => {
    const { server: fastify } = server.application;
    for (const { method, path } of operations) {
      const url = path.replaceAll(/\{(\w+)\}/g, ":$1");
      const isThere = fastify.administrationRoutes.some((route) => route.method === method && route.url === url);
      assert.ok(isThere, `${method} ${path}`);
    }
  });

  test("includes every SCIM operation that an administrator may use", async () => {
    const paths = new Set(operations.map(({ path }) => path).filter((path) => path.startsWith(SCIM)));
    for (const path of paths) {
      const concrete = path.replace("{endpoint}", "default").replace("{type}", "Users").replace("{id}", "none");
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
        const isDescribed = operations.some((each) => each.method === method && each.path === path);
        const { status } = await admin.send(method, concrete, { body: {} });
        assert.equal(status !== 405, isDescribed, `${method} ${concrete} ${status}`);
      }
    }
  });

  test("describes what every operation does, its group, and its errors", () => {
    const ids = new Set<string>();
    for (const { method, path, said } of operations) {
      const name = `${method} ${path}`;
      assert.match(said.summary, /^[A-Z].*[^.]$/, name);
      assert.ok(said.tags.length === 1 && said.tags[0] in TAGS, name);
      assert.ok(!ids.has(said.operationId), name);
      ids.add(said.operationId);
      const statuses = Object.keys(said.responses);
      assert.ok(
        statuses.some((status) => /^2/.test(status)),
        name,
      );
      const isOpen = Array.isArray(said.security);
      for (const status of ["401", "403", "429", "503"])
        assert.ok(isOpen || statuses.includes(status), `${name} ${status}`);
      assert.equal(statuses.includes("507"), method !== "GET", `${name} 507`);
      if (said.requestBody !== undefined) {
        for (const status of ["413", "415"]) assert.ok(statuses.includes(status), `${name} ${status}`);
      }
      for (const status of statuses.filter((each) => Number(each) >= 400)) {
        const form = path.startsWith(SCIM) ? "application/scim+json" : "application/problem+json";
        assert.ok(form in said.responses[status].content, `${name} ${status}`);
      }
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      const told = (said.parameters ?? []).filter((parameter: { in: string }) => parameter.in === "path");
      assert.deepEqual(told.map((parameter: { name: string }) => parameter.name).sort(), inPath.sort(), name);
    }
  });

  test("marks operations without a secret, and no others", async () => {
    const open = operations.filter(({ said }) => Array.isArray(said.security));
    assert.deepEqual(
      open.map(({ method, path }) => `${method} ${path}`),
      ["POST /api/session", "DELETE /api/session", "GET /api/openapi.json", "GET /api/docs"],
    );
    for (const { method, path, said } of operations) {
      // Without a secret, it returns a part.
      if (Array.isArray(said.security) || path === "/api/backup/status") continue;
      const concrete = path.replace(/\{(?:name|endpoint)\}/, "default").replaceAll(/\{\w+\}/g, "1");
      assert.equal((await anybody.send(method, concrete)).status, 401, `${method} ${path}`);
    }
  });

  test("names all known parameters and members, and no others", async () => {
    const asked = { query: 0, body: 0 };
    for (const { method, path, said } of operations) {
      if (path.startsWith(SCIM)) continue;
      const concrete = path.replace("{name}", "default").replaceAll(/\{\w+\}/g, "1");
      const query = (said.parameters ?? []).filter((parameter: { in: string }) => parameter.in === "query");
      const sent = said.requestBody === undefined ? {} : { body: {} };
      const refused = await admin.send(method, `${concrete}?nosuch=1`, sent);
      if (query.length === 0) {
        assert.equal(refused.status, 400, `${method} ${path}`);
        assert.equal(refused.body.detail, '"nosuch" is not known here. There are no parameters.');
      } else {
        asked.query += 1;
        const names = query.map((parameter: { name: string }) => parameter.name);
        assert.deepEqual(knownIn(refused), names.toSorted(), `${method} ${path}`);
      }
      const body = said.requestBody?.content["application/json"].schema;
      if (body !== undefined) {
        asked.body += 1;
        const refused = await admin.send(method, concrete, { body: { nosuch: 1 } });
        assert.deepEqual(knownIn(refused), Object.keys(body.properties).toSorted(), `${method} ${path}`);
      }
    }
    assert.ok(asked.query >= 9 && asked.body >= 10, JSON.stringify(asked));
  });

  test("names the conditional headers", () => {
    const conditional = operations.filter(({ said }) =>
      (said.parameters ?? []).some(
        (each: { name: string; in: string }) => each.in === "header" && /^If-/.test(each.name),
      ),
    );
    assert.deepEqual(
      conditional.map(({ method, path }) => `${method} ${path}`),
      ["GET", "PUT", "PATCH", "DELETE"].map((method) => `${method} ${SCIM}/{type}/{id}`),
    );
  });

  test("is served by a standby too", async (t) => {
    const replica = fakeReplica("when-needed");
    const standby = await startApplication({ backupTarget: "/mnt/backup" }, replica.environment);
    const client = standby.connect(undefined);
    t.after(standby.close);
    assert.deepEqual((await client.get("/api/openapi.json")).body, document);
    assert.equal((await client.get("/api/docs")).status, 200);
    assert.deepEqual(replica.events, ["start"]);
  });
});

describe("the API page", () => {
  test("loads only this server's own files, and runs only its own script", async () => {
    const page = await anybody.get("/api/docs");
    assert.equal(page.status, 200);
    assert.match(String(page.headers["content-type"]), /^text\/html/);
    const policy = String(page.headers["content-security-policy"]);
    assert.match(policy, /^default-src 'none'; script-src 'self' 'sha256-[^']+'; style-src 'self' 'sha256-[^']+';/);
    assert.ok(!policy.includes("unsafe"));
    const addresses = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = ""]) => address);
    assert.ok(addresses.length >= 3);
    for (const address of addresses) assert.match(address, /^(?:\/api\/|data:,$)/);
    for (const address of addresses.filter((each) => each.startsWith("/api/docs/"))) {
      const file = await anybody.get(address);
      assert.equal(file.status, 200, address);
      assert.match(String(file.headers["content-type"]), /^text\/(?:javascript|css); charset=utf-8$/);
      assert.ok(file.text.includes("swagger-ui"));
    }
  });

  test("is compressed for browsers that accept it", async () => {
    const path = "/api/docs/swagger-ui.css";
    const gzipped = await fetch(server.origin + path, { headers: { "accept-encoding": "br, gzip" } });
    assert.equal(gzipped.headers.get("content-encoding"), "gzip");
    const plain = await anybody.get(path);
    assert.equal(plain.headers["content-encoding"], undefined);
    assert.equal(await gzipped.text(), plain.text);
  });
});
