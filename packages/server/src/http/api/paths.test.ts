import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { isProblem } from "../../testing/assert-answer.ts";

const server = await startApplication();
const { admin } = server;
const anybody = server.connect(undefined);
after(server.close);

test("for a missing path below /api, problem details say where the API is described", async () => {
  const unknown = [
    "/api",
    "/api/",
    "/api/nothing",
    "/api/endpoints/default/nothing",
    "/api/endpoints/default/a/b/c?x=1",
  ];
  for (const path of unknown) {
    const detail = /^There is nothing at \/api[^?]*\. \/api\/docs lists the paths below \/api\.$/;
    isProblem(await admin.get(path), 404, detail);
    isProblem(await anybody.post(path, { name: "x" }), 404, detail);
    isProblem(await admin.post(path, "{", { "content-type": "application/json" }), 404, detail);
    isProblem(await admin.post(path, "<x/>", { "content-type": "text/xml" }), 404, detail);
  }
});

test("a method that a path does not have gets 405 with the allowed ones", async () => {
  const cases: [string, string, string][] = [
    ["PUT", "/api/endpoints", "GET, HEAD, POST"],
    ["DELETE", "/api/endpoints/", "GET, HEAD, POST"],
    ["PUT", "/api//endpoints/default", "GET, HEAD, PATCH, DELETE"],
    ["GET", "/api/endpoints/default/empty", "POST"],
    ["POST", "/api/version?x=1", "GET, HEAD"],
    ["DELETE", "/api/live", "GET"],
    ["HEAD", "/api/live", "GET"],
    ["POST", "/api/openapi.json", "GET, HEAD"],
    ["GET", "/api/backup/trigger", "POST"],
    ["OPTIONS", "/api/exchanges/1/replay", "POST"],
  ];
  for (const [method, path, allow] of cases) {
    const answer = await admin.send(method, path, method === "POST" ? { body: {} } : {});
    assert.equal(answer.status, 405, `${method} ${path}`);
    assert.equal(answer.headers["allow"], allow, `${method} ${path}`);
    if (method !== "HEAD") isProblem(answer, 405, new RegExp(`^${method} is not allowed here. Allowed: ${allow}\\.`));
  }
  assert.equal((await admin.get("/api/openapiXjson")).status, 404);
});

test("SCIM below /api keeps its own errors", async () => {
  for (const path of ["/api/endpoints/default/scim/v2/nothing", "/api/endpoints/default/scim/v2/Users/a/b"]) {
    const answer = await admin.get(path);
    assert.equal(answer.status, 404);
    assert.match(String(answer.headers["content-type"]), /^application\/scim\+json/);
  }
});
