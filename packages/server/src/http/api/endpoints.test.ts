import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_SECRET } from "../../testing/application.ts";
import { done, isProblem, refused, succeeded } from "../../testing/assert-answer.ts";
import { group, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { admin, client, origin } = server;
const provisioner = server.connect(TEST_SECRET);
const stranger = server.connect("guessed");
after(server.close);

const DEVICE = "urn:example:params:scim:schemas:Device";

async function make(name: string, settings: object = {}): Promise<void> {
  done(await admin.post("/api/endpoints", { name, settings }), 201);
}

describe("endpoints", () => {
  test("are listed with their settings and numbers of resources", async () => {
    await make("listed", { profile: "strict", limits: { maxPageSize: 5 } });
    const { endpoints } = done(await admin.get("/api/endpoints"));
    assert.deepEqual(
      endpoints.map(({ name, baseUrl }: { name: string; baseUrl: string }) => [name, baseUrl]),
      [
        ["default", `${origin}/scim/v2`],
        ["listed", `${origin}/scim/endpoints/listed/v2`],
      ],
    );
    assert.deepEqual(endpoints[1].settings, { profile: "strict", limits: { maxPageSize: 5 } });
    assert.deepEqual([endpoints[1].inForce.limits.maxPageSize, endpoints[1].inForce.danglingReferences], [5, "refuse"]);
    assert.deepEqual(endpoints[1].resources, {});
  });

  test("are for administrators only", async () => {
    for (const [method, path] of [
      ["GET", "/api/endpoints"],
      ["POST", "/api/endpoints"],
      ["GET", "/api/endpoints/default"],
      ["PATCH", "/api/endpoints/default"],
      ["POST", "/api/endpoints/default/empty"],
      ["DELETE", "/api/endpoints/default"],
    ] as const) {
      const sent = method === "GET" ? {} : { body: {} };
      isProblem(await stranger.send(method, path, sent), 401, /not known here/);
      isProblem(await provisioner.send(method, path, sent), 403, /SCIM secret; it does not open administration/);
    }
  });

  test("describe their settings, with current defaults and valid presets", async () => {
    const { schema, presets } = done(await admin.get("/api/endpoint-settings"));
    const { inForce } = done(await admin.get("/api/endpoints/default"));
    const defaults = (
      properties: Record<string, { default?: unknown; properties?: object }>,
      inForce: object,
    ): void => {
      for (const [name, { default: value, properties: below }] of Object.entries(properties)) {
        const current = (inForce as Record<string, unknown>)[name];
        if (below !== undefined) defaults(below as typeof properties, current as object);
        else if (value !== undefined) assert.deepEqual(current, value, name);
      }
    };
    defaults(schema.properties, inForce);
    for (const { name, settings } of presets) await make(`preset-${name}`, settings);
  });

  test("are deactivated: clients get 403, administrators do not", async () => {
    await make("resting");
    const { secret } = done(await admin.post("/api/endpoints/resting/credentials", { kind: "token", label: "t" }), 201);
    const provider = server.connect(secret, "/scim/endpoints/resting/v2");
    succeeded(await provider.post("/Users", user("anna")), 201);
    done(await admin.send("PATCH", "/api/endpoints/resting", { body: { settings: { active: false } } }));
    refused(await provider.get("/Users"), 403, undefined, /^This endpoint is deactivated/);
    isProblem(await provisioner.get("/api/endpoints/resting"), 403, /SCIM secret/);
    assert.equal((await admin.get("/api/endpoints/resting/scim/v2/Users")).body.totalResults, 1);
    done(await admin.send("PATCH", "/api/endpoints/resting", { body: { settings: { active: null } } }));
    succeeded(await provider.get("/Users"), 200);
  });

  test("check new settings as a change would, and change nothing", async () => {
    await make("checked");
    const at = "/api/endpoints/checked/check";
    const before = done(await admin.get("/api/endpoints/checked"));
    const settings = { recreate: "reactivate", limits: { maxPageSize: 5 }, unique: ["User:title"] };
    assert.deepEqual(done(await admin.post(at, { settings })).changes, [
      { name: "recreate", after: "reactivate" },
      { name: "limits.maxPageSize", after: 5 },
      { name: "unique", after: ["User:title"] },
    ]);
    assert.deepEqual(done(await admin.get("/api/endpoints/checked")), before);
    isProblem(await admin.post(at, { settings: { recreate: "maybe" } }), 400, /^recreate must be/);
    isProblem(
      await admin.post(at, { settings: { schemas: [{ id: "urn:x:y", attributes: [{}] }] } }),
      400,
      /^schemas\[0\]/,
    );
    isProblem(await admin.post("/api/endpoints/nobody/check", { settings: {} }), 404, /There is no endpoint/);
    const scim = "/api/endpoints/checked/scim/v2/Users";
    for (const name of ["a", "b"]) assert.equal((await admin.post(scim, { ...user(name), title: "Head" })).status, 201);
    succeeded(await admin.post(scim, { ...user("long"), nickName: "n".repeat(701) }), 201);
    isProblem(
      await admin.post(at, { settings: { indexed: ["User:nickName"] } }),
      409,
      /^nickName: a resource has a value of 701 characters; an index accepts at most 700/,
    );
    isProblem(
      await admin.post(at, { settings: { unique: ["User:title"] } }),
      409,
      /two resources have the title "Head"/,
    );
    // The transaction left nothing behind.
    assert.equal((await admin.post(scim, { ...user("c"), title: "Head" })).status, 201);
  });

  test("have unique names that are valid in a URL", async () => {
    for (const name of ["", "Okta", "a b", "-a", "a-", "ä", "a/b", "x".repeat(64)]) {
      isProblem(await admin.post("/api/endpoints", { name }), 400, /cannot name an endpoint/);
    }
    await make("once");
    isProblem(await admin.post("/api/endpoints", { name: "once" }), 409, /An endpoint named "once" already exists/);
    isProblem(await admin.post("/api/endpoints", { name: "default" }), 409, /already/);
    isProblem(await admin.post("/api/endpoints", { name: "y", setings: {} }), 400, /"setings" is not known here/);
    for (const headers of [{ "content-encoding": "gzip" }, { "content-type": "application/json; charset=utf-16" }])
      isProblem(await admin.post("/api/endpoints", { name: "packed" }, headers), 415, /The body must be/);
    const long = await admin.post("/api/endpoints", { name: "z".repeat(2_000_000) });
    isProblem(long, 413, /^The body is larger than this server accepts/);
  });

  test("reject invalid settings by name", async () => {
    const refusals: readonly (readonly [settings: object, detail: RegExp])[] = [
      [{ profile: "lax" }, /^profile must be equal to one of the allowed values: tolerant, strict, interop\.$/],
      [{ profil: "strict" }, /^There is no setting "profil"\. There are: profile, unique/],
      [{ limits: { maxPage: 1 } }, /^There is no setting "limits\.maxPage"\. There are: requestsPerSecond/],
      [
        { retention: { exchanges: { maxAge: 1 } } },
        /^There is no setting "retention\.exchanges\.maxAge"\. There are: maxAgeDays, maxCount, maxBytes\.$/,
      ],
      [{ retention: { history: { maxAgeDays: 0 } } }, /^retention\.history\.maxAgeDays must be >= 1/],
      [{ limits: { maxPageSize: 0 } }, /^limits\.maxPageSize must be >= 1/],
      [{ unique: ["Group:displayname", "User:shoe"] }, /^unique: User has no attribute "shoe"/],
      [{ schemas: [{ id: "urn:x:y", name: "Y", attributes: [{ name: "a b" }] }] }, /^schemas\[0\]: /],
    ];
    for (const [settings, detail] of refusals) {
      isProblem(await admin.post("/api/endpoints", { name: "never", settings }), 400, detail);
      isProblem(await admin.patch("/api/endpoints/default", { settings }), 400, /./);
      isProblem(await admin.send("PATCH", "/api/endpoints/default", { body: { settings } }), 400, detail);
    }
    isProblem(await admin.get("/api/endpoints/never"), 404, /no endpoint "never"/);
    assert.deepEqual(done(await admin.get("/api/endpoints/default")).settings, { profile: "tolerant" });
  });

  test("are changed by merge patch at once, and null restores a default", async () => {
    const patch = (settings: object) => admin.send("PATCH", "/api/endpoints/default", { body: { settings } });
    done(await patch({ limits: { maxPageSize: 2, maxBodyBytes: 2_000 }, patchAnswer: "204", requireEtag: true }));
    const { id } = succeeded(await client.post("/Users", user("merge")), 201);
    refused(await client.patch(`/Users/${id}`, [{ op: "add", path: "title", value: "x" }]), 428, undefined, /If-Match/);
    refused(await client.put(`/Users/${id}`, user("merge")), 428, undefined, /If-Match/);
    refused(await client.delete(`/Users/${id}`), 428, undefined, /If-Match/);
    const change = [{ op: "add", path: "title", value: "x" }];
    const patched = await client.patch(`/Users/${id}`, change, { "if-match": "*" });
    assert.deepEqual([patched.status, patched.headers.etag], [204, 'W/"2"']);
    const asked = await client.patch(`/Users/${id}?attributes=title`, change, { "if-match": "*" });
    assert.deepEqual([asked.status, asked.body.title], [200, "x"]);
    const big = await client.post("/Users", user("big", { title: "x".repeat(2_000) }));
    refused(big, 413, undefined, /larger than 2000 bytes/);
    for (const name of ["p1", "p2", "p3"]) succeeded(await client.post("/Users", user(name)), 201);
    assert.equal((await client.get("/Users?count=50")).body.itemsPerPage, 2);
    assert.equal((await client.get("/ServiceProviderConfig")).body.filter.maxResults, 2);
    const { settings } = done(await patch({ limits: null, patchAnswer: null, requireEtag: null }));
    assert.deepEqual(settings, { profile: "tolerant" });
    assert.equal((await client.patch(`/Users/${id}`, change)).status, 200);
  });

  test("limit request rates, and say when to retry", async () => {
    done(
      await admin.send("PATCH", "/api/endpoints/default", { body: { settings: { limits: { requestsPerSecond: 2 } } } }),
    );
    const answers = await Promise.all(Array.from({ length: 6 }, () => client.get("/ServiceProviderConfig")));
    const slowed = answers.filter(({ status }) => status === 429);
    assert.ok(slowed.length >= 3, String(slowed.length));
    for (const answer of slowed) {
      refused(answer, 429, undefined, /More than 2 requests per second/);
      assert.equal(answer.headers["retry-after"], "1");
    }
    done(await admin.send("PATCH", "/api/endpoints/default", { body: { settings: { limits: null } } }));
    assert.equal((await client.get("/ServiceProviderConfig")).status, 200);
  });

  test("can make attributes unique, unless two resources share a value", async () => {
    const patch = (settings: object) => admin.send("PATCH", "/api/endpoints/default", { body: { settings } });
    const first = succeeded(await client.post("/Users", user("u1", { externalId: "e-1" })), 201);
    const second = succeeded(await client.post("/Users", user("u2", { externalId: "e-1" })), 201);
    const unique = ["Group:displayName", "User:externalId"];
    isProblem(await patch({ unique }), 409, /^unique: two resources have the externalId "e-1"/);
    succeeded(await client.patch(`/Users/${second.id}`, [{ op: "replace", path: "externalId", value: "e-2" }]), 200);
    done(await patch({ unique }));
    const taken = new RegExp(`^externalId "e-1" is taken by the User "u1" \\(id ${first.id}\\)`);
    refused(await client.post("/Users", user("u3", { externalId: "e-1" })), 409, "uniqueness", taken);
    const change = [{ op: "replace", path: "externalId", value: "e-1" }];
    refused(await client.patch(`/Users/${second.id}`, change), 409, "uniqueness", taken);
    done(await patch({ unique: [] }));
    succeeded(await client.post("/Users", user("u3", { externalId: "e-1" })), 201);
    succeeded(await client.post("/Groups", group("Twins")), 201);
    succeeded(await client.post("/Groups", group("Twins")), 201);
    isProblem(await patch({ unique: null }), 409, /^unique: two resources have the displayName "Twins"/);
  });

  test("are renamed with everything they have, except the default one", async () => {
    await make("before-name");
    const { name, baseUrl } = done(
      await admin.send("PATCH", "/api/endpoints/before-name", { body: { name: "after-name" } }),
    );
    assert.deepEqual([name, baseUrl], ["after-name", `${origin}/scim/endpoints/after-name/v2`]);
    isProblem(await admin.get("/api/endpoints/before-name"), 404, /no endpoint/);
    isProblem(await admin.send("PATCH", "/api/endpoints/default", { body: { name: "x" } }), 409, /keeps its name/);
    isProblem(await admin.send("PATCH", "/api/endpoints/after-name", { body: { name: "default" } }), 409, /already/);
  });

  test("are emptied and deleted only if the name is confirmed", async () => {
    await make("doomed");
    isProblem(await admin.post("/api/endpoints/doomed/empty", { confirm: "domed" }), 400, /"confirm": "doomed"/);
    isProblem(await admin.delete("/api/endpoints/doomed"), 400, /"confirm": "doomed"/);
    isProblem(
      await admin.send("DELETE", "/api/endpoints/default", { body: { confirm: "default" } }),
      409,
      /only emptied/,
    );
    const before =
      (await client.get("/Users?count=0")).body.totalResults + (await client.get("/Groups?count=0")).body.totalResults;
    assert.ok(before > 5);
    assert.deepEqual(done(await admin.post("/api/endpoints/default/empty", { confirm: "default" })), {
      removed: before,
    });
    const { entries } = done(await admin.get("/api/endpoints/default/deleted?limit=500"));
    const ends = (entries as { action: string; actor: { dialect: string } }[]).map(
      ({ action, actor }) => `${action} ${actor.dialect}`,
    );
    assert.deepEqual(new Set(ends), new Set(["delete manual"]));
    assert.equal((await client.get("/Users")).body.totalResults, 0);
    assert.deepEqual(done(await admin.get("/api/endpoints/default")).resources, {});
    assert.equal((await admin.send("DELETE", "/api/endpoints/doomed", { body: { confirm: "doomed" } })).status, 204);
    isProblem(await admin.get("/api/endpoints/doomed"), 404, /no endpoint/);
    for (let tries = 0; tries < 500; tries++) {
      if ((await admin.post("/api/endpoints", { name: "doomed" })).status === 201) return;
      await delay(10);
    }
    assert.fail("the name did not become free");
  });
});

describe("custom resource types", () => {
  const schemas = [
    {
      id: DEVICE,
      name: "Device",
      attributes: [
        { name: "serialNumber", type: "string", required: true, uniqueness: "server", caseExact: true },
        { name: "model", type: "string", canonicalValues: ["laptop", "phone"] },
        { name: "boughtAt", type: "dateTime", mutability: "immutable" },
        { name: "pin", type: "string", returned: "never" },
        { name: "notes", type: "string", returned: "request" },
        { name: "cores", type: "integer" },
      ],
    },
  ];
  const resourceTypes = [{ name: "Device", endpoint: "/Devices", schema: DEVICE }];
  const device = (serialNumber: string, more: object = {}) => ({ schemas: [DEVICE], serialNumber, ...more });

  test("are served, discovered and enforced as soon as they are set", async () => {
    refused(await client.get("/Devices"), 404, undefined, /nothing at \/scim\/v2\/Devices.*\/Users, \/Groups/);
    const settings = { schemas, resourceTypes, indexed: ["Device:boughtAt", "Device:cores"] };
    done(await admin.send("PATCH", "/api/endpoints/default", { body: { settings } }));
    assert.equal((await client.get("/ResourceTypes/Device")).body.endpoint, "/Devices");
    assert.equal((await client.get(`/Schemas/${DEVICE}`)).body.attributes.length, 6);

    const made = succeeded(
      await client.post(
        "/Devices",
        device("A1", { boughtAt: "2026-03-01T00:00:00Z", pin: "1234", notes: "x", cores: 8 }),
      ),
      201,
    );
    // "request: The attribute is returned in response to any PUT, POST, or PATCH operations" (RFC 7643 §7).
    assert.deepEqual([made.pin, made.notes, made.meta.resourceType], [undefined, "x", "Device"]);
    assert.equal((await client.get(`/Devices/${made.id}`)).body.notes, undefined);
    assert.equal(made.meta.location, `${origin}/scim/v2/Devices/${made.id}`);
    assert.equal((await client.get(`/Devices/${made.id}?attributes=notes`)).body.notes, "x");
    assert.equal((await client.get(`/Devices/${made.id}?attributes=pin`)).body.pin, undefined);
    refused(await client.post("/Devices", device("A1")), 409, "uniqueness", /serialNumber "A1" is taken by the Device/);
    succeeded(await client.post("/Devices", device("a1", { boughtAt: "2026-04-01T00:00:00Z", cores: 12 })), 201);
    refused(await client.post("/Devices", { schemas: [DEVICE] }), 400, "invalidValue", /serialNumber is required/);
    refused(await client.post("/Devices", device("B", { cores: 1.5 })), 400, "invalidValue", /cores/);
    const moved = [{ op: "replace", path: "boughtAt", value: "2020-01-01T00:00:00Z" }];
    refused(await client.patch(`/Devices/${made.id}`, moved), 400, "mutability", /boughtAt/);

    const found = async (filter: string) =>
      (await client.get(`/Devices?filter=${encodeURIComponent(filter)}`)).body.Resources.map(
        ({ serialNumber }: { serialNumber: string }) => serialNumber,
      );
    assert.deepEqual(await found('serialNumber eq "A1"'), ["A1"]);
    assert.deepEqual(await found('boughtAt gt "2026-03-15T00:00:00Z"'), ["a1"]);
    assert.deepEqual(await found('boughtAt eq "2026-03-01T01:00:00+01:00"'), ["A1"]);
    assert.deepEqual(await found("cores ge 8"), ["A1", "a1"]);
    assert.deepEqual(await found("cores lt 12"), ["A1"]);
    assert.equal((await client.get("/Users?count=0")).body.totalResults, 0);
  });

  test("cannot be removed while they have resources", async () => {
    const patch = { settings: { schemas: null, resourceTypes: null, indexed: null } };
    isProblem(
      await admin.send("PATCH", "/api/endpoints/default", { body: patch }),
      409,
      /2 resources of the type Device/,
    );
    for (const { id } of (await client.get("/Devices")).body.Resources) await client.delete(`/Devices/${id}`);
    done(await admin.send("PATCH", "/api/endpoints/default", { body: patch }));
    refused(await client.get("/Devices"), 404, undefined, /nothing/);
  });
});
