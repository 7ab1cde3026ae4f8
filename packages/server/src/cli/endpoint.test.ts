import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../testing/application.ts";
import { succeeded } from "../testing/assert-answer.ts";
import { clientOf } from "../testing/client.ts";
import { type Ended, runCommand, runInBash } from "../testing/command.ts";
import { user } from "../testing/scim-bodies.ts";
import { done, failed } from "./testing/ended.ts";

const server = await startApplication();
const { client, origin, dataDir } = server;
after(server.close);

const DEVICE = "urn:example:params:scim:schemas:Device";

function endpoint(...args: string[]): Promise<Ended> {
  return runCommand(["endpoint", ...args, "--url", origin], { ADMIN_SECRET: TEST_ADMIN_SECRET });
}

function file(name: string, content: unknown): string {
  const path = join(dataDir, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

describe("scimtool endpoint", () => {
  test("creates an endpoint that works at once, with the printed line", async () => {
    const settings = file("settings.json", { profile: "interop", limits: { maxPageSize: 7, maxBulkOperations: 9 } });
    const made = done(
      await endpoint("create", "made", "--settings", settings, "--set", "profile=strict", "limits.maxPageSize=50"),
    );
    assert.match(made, /^Created the endpoint "made"\.$/m);
    const [, baseUrl = ""] = /SCIM base URL +(\S+)/.exec(made) ?? [];
    assert.equal(baseUrl, `${origin}/scim/endpoints/made/v2`);
    const [line = ""] = /^ {2}curl .*$/m.exec(made) ?? [];
    assert.equal(JSON.parse((await runInBash(line.replace("curl", "curl -s"))).stdout).totalResults, 0);
    const json = JSON.parse(done(await endpoint("create", "by-program", "--json")));
    assert.equal(json.endpoint.baseUrl, json.token.baseUrl);
    const token = clientOf(json.token.baseUrl, json.token.secret);
    succeeded(await token.post("/Users", user("anna")), 201);
    token.close();
    const shown = done(await endpoint("show", "made"));
    assert.match(shown, /^ +profile +strict$/m);
    assert.match(shown, /^ +limits\.maxPageSize +50$/m);
    assert.match(shown, /^ +limits\.maxBulkOperations +9$/m);
    assert.match(shown, /^ +limits\.requestsPerSecond +none {3}\(default\)$/m);
    assert.match(shown, /^ +unique +Group:displayName {3}\(default\)$/m);
    const list = done(await endpoint("list"));
    assert.match(list, /^Name +SCIM base URL +Profile +Resources$/m);
    assert.match(list, /^by-program +http\S+ +tolerant +1 User$/m);
    assert.equal(JSON.parse(done(await endpoint("list", "--json"))).length, 3);
  });

  test("sets settings of every kind, and restores defaults", async () => {
    const assignments = [
      "unique=Group:displayName, User:externalId",
      "requireEtag=true",
      "patchAnswer=200",
      "limits.requestsPerSecond=500.5",
    ];
    done(await endpoint("set", "default", ...assignments));
    const settings = async () => JSON.parse(done(await endpoint("show", "default", "--json"))).settings;
    assert.deepEqual(await settings(), {
      profile: "tolerant",
      unique: ["Group:displayName", "User:externalId"],
      requireEtag: true,
      patchAnswer: "200",
      limits: { requestsPerSecond: 500.5 },
    });
    const back = ["unique=default", "requireEtag=default", "patchAnswer=default", "limits=default"];
    const shown = done(await endpoint("set", "default", ...back, "indexed="));
    assert.match(shown, /^ +requireEtag +false {3}\(default\)$/m);
    assert.deepEqual(await settings(), { profile: "tolerant", indexed: [] });
  });

  test("says what is wrong with a setting, a file or a name", async () => {
    const [unknown, type, form, nothing, none, noJson, noObject, noFile, taken] = await Promise.all([
      endpoint("set", "default", "limit.x=1"),
      endpoint("set", "default", "limits.maxPageSize=many"),
      endpoint("set", "default", "strict"),
      endpoint("set", "default"),
      endpoint("show", "none"),
      endpoint("set", "default", "--settings", file("broken.json", "{")),
      endpoint("set", "default", "--settings", file("list.json", [])),
      endpoint("set", "default", "--settings", join(dataDir, "absent.json")),
      endpoint("create", "default"),
    ]);
    failed(unknown, /^scimtool endpoint set: There is no setting "limit"\. There are: profile/);
    failed(type, /limits\.maxPageSize must be integer/);
    failed(form, /"strict" is not a setting\. Write key=value/);
    failed(nothing, /no setting given/);
    failed(none, /There is no endpoint "none"\. There are: default/);
    failed(noJson, /broken\.json is not JSON: /);
    failed(noObject, /list\.json must hold a JSON object/);
    failed(noFile, /cannot read .*absent\.json \(ENOENT\)/);
    failed(taken, /An endpoint named "default" already exists/);
    failed(
      await runCommand(["endpoint", "list", "--url", origin, "--secret", TEST_SECRET]),
      /rejects the secret \(403\)/,
    );
  });

  test("adds schemas and resource types that are served at once, and removes them", async () => {
    const attributes = [{ name: "serialNumber", type: "string", required: true, caseExact: true }];
    const schema = { id: DEVICE, name: "Device", attributes };
    const type = { name: "Device", endpoint: "/Devices", schema: DEVICE };
    assert.equal((await client.get("/Devices")).status, 404);
    const added = done(await endpoint("schema", "default", "add", file("device.json", [schema, type])));
    assert.match(added, /^Custom schemas of "default": urn:example\S+:Device\nCustom resource types: Device\n$/);
    const device = succeeded(await client.post("/Devices", { schemas: [DEVICE], serialNumber: "A1" }), 201);
    const more = { ...schema, attributes: [...attributes, { name: "model", type: "string" }] };
    done(await endpoint("schema", "default", "add", file("more.json", { Resources: [more] })));
    assert.equal((await client.get(`/Schemas/${DEVICE}`)).body.attributes.length, 2, "it took the old one's place");
    done(await endpoint("set", "default", "indexed=Device:model,User:title"));
    failed(await endpoint("schema", "default", "remove", "Device", DEVICE), /1 resources of the type Device/);
    assert.equal((await client.delete(`/Devices/${device.id}`)).status, 204);
    const [unknown, used, neither] = await Promise.all([
      endpoint("schema", "default", "remove", "Nope"),
      endpoint("schema", "default", "remove", DEVICE),
      endpoint("schema", "default", "add", file("neither.json", { name: "x" })),
    ]);
    failed(unknown, /no custom schema or resource type "Nope"\. It has: urn:example\S+:Device, Device/);
    failed(used, /there is no schema "urn:example/);
    failed(neither, /neither\.json must hold a schema/);
    const removed = done(await endpoint("schema", "default", "remove", "device", DEVICE.toUpperCase()));
    assert.match(removed, /"default": none\nCustom resource types: none\n$/);
    assert.equal((await client.get("/Devices")).status, 404);
    const { settings } = JSON.parse(done(await endpoint("show", "default", "--json")));
    assert.deepEqual(settings, { profile: "tolerant", schemas: [], resourceTypes: [], indexed: ["User:title"] });
  });

  test("renames, empties and deletes, the latter two only with the name confirmed", async () => {
    const { token } = JSON.parse(done(await endpoint("create", "old-name", "--json")));
    assert.match(
      done(await endpoint("rename", "old-name", "new-name")),
      /base URL .*\/scim\/endpoints\/new-name\/v2$/m,
    );
    const there = server.connect(token.secret, "/scim/endpoints/new-name/v2");
    for (const name of ["a", "b"]) succeeded(await there.post("/Users", user(name)), 201);
    failed(
      await endpoint("empty", "new-name"),
      /This permanently deletes all .*: 2 User\. To continue, add --confirm new-name$/m,
    );
    failed(await endpoint("delete", "new-name", "--confirm", "old-name"), /"old-name" is not "new-name"\. Nothing was/);
    assert.equal((await there.get("/Users")).body.totalResults, 2);
    const emptied = done(await endpoint("empty", "new-name", "--confirm", "new-name"));
    assert.equal(emptied, 'Deleted 2 resources of "new-name".\n');
    assert.equal((await there.get("/Users")).body.totalResults, 0);
    const deleted = done(await endpoint("delete", "new-name", "--confirm", "new-name"));
    assert.equal(deleted, 'Deleted the endpoint "new-name".\n');
    assert.equal((await there.get("/Users")).status, 401);
  });
});
