import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../testing/application.ts";
import { refused, succeeded } from "../testing/assert-answer.ts";
import { type Ended, runCommand, runInBash } from "../testing/command.ts";
import { user } from "../testing/scim-bodies.ts";
import { done, failed } from "./testing/ended.ts";

const server = await startApplication();
const { client, origin } = server;
after(server.close);

function scimtool(...args: string[]): Promise<Ended> {
  return runCommand([...args, "--url", origin], { ADMIN_SECRET: TEST_ADMIN_SECRET });
}

const scim = (secret: string, path = "/scim/v2") => server.connect(secret, path);

const json = (ended: Ended) => JSON.parse(done(ended));

describe("scimtool token", () => {
  test("creates a token that works, with the printed line", async () => {
    const made = done(await scimtool("token", "create", "Okta"));
    assert.match(made, /^Created the token "Okta" of the endpoint "default"\.$/m);
    assert.match(made, /^ +SCIM base URL +http\S+\/scim\/v2$/m);
    assert.match(made, /^ +Secret token +scim_\w+ +\(shown this once\)$/m);
    assert.match(made, /^ +Scopes +read, write\n +Expires +never$/m);
    const [line = ""] = /^ {2}curl .*$/m.exec(made) ?? [];
    assert.equal(JSON.parse((await runInBash(line.replace("curl", "curl -s"))).stdout).totalResults, 0);
    const list = done(await scimtool("token", "list"));
    assert.match(list, /^Key +Label +Scopes +Last used +Expires +Created$/m);
    assert.match(list, /^\d+ +Okta +read, write +\d.* ago +never +2\S+Z$/m);
    assert.match(list, /^\d+ +shared secret +read, write +never +never +2\S+Z$/m);
  });

  test("creates a read-only one, and one for a user", async () => {
    const [reader, annas] = await Promise.all([
      scimtool("token", "create", "reader", "--scope", "read", "--json"),
      (async () => {
        succeeded(await client.post("/Users", user("anna")), 201);
        return scimtool("token", "create", "Anna's", "--user", "anna");
      })(),
    ]);
    const { secret, scopes } = json(reader);
    assert.deepEqual(scopes, ["read"]);
    assert.equal((await scim(secret).get("/Users")).status, 200);
    refused(await scim(secret).post("/Users", user("never")), 403, undefined, /needs the scope "write"/);
    const [, annasSecret = ""] = /Secret token +(\S+)/.exec(done(annas)) ?? [];
    assert.equal((await scim(annasSecret).get("/Me")).body.userName, "anna");
  });

  test("creates one that expires", async () => {
    const { secret, expires } = json(await scimtool("token", "create", "short", "--expires", "1s", "--json"));
    const short = scim(secret);
    await delay(Math.max(0, Date.parse(expires) - Date.now()) + 5);
    refused(await short.get("/Users"), 401, undefined, /has expired/);
    assert.match(done(await scimtool("token", "list")), /^\d+ +short +.* expired 2\S+Z +2\S+Z$/m);
  });

  test("rotates a token without a gap, and revokes it at once", async () => {
    const old = json(await scimtool("token", "create", "rotated", "--json"));
    const rotated = done(await scimtool("token", "rotate", "rotated", "--grace", "7d"));
    assert.match(rotated, /^Created a new token "rotated" .*\n[\s\S]*the old one is valid until 2\S+Z\.\n$/);
    const [, until = ""] = /valid until (\S+)\.$/m.exec(rotated) ?? [];
    assert.ok(Math.abs(Date.parse(until) - Date.now() - 7 * 86_400_000) < 30_000, until);
    const [, secret = ""] = /Secret token +(\S+)/.exec(rotated) ?? [];
    const [before, now] = [scim(old.secret), scim(secret)];
    for (const each of [before, now]) assert.equal((await each.get("/Users")).status, 200);
    const revoked = done(await scimtool("token", "revoke", "rotated"));
    assert.equal(revoked, 'Revoked the token "rotated" of the endpoint "default".\n');
    refused(await now.get("/Users"), 401, undefined, /not known here/);
    assert.equal((await before.get("/Users")).status, 200);
    assert.equal(json(await scimtool("token", "revoke", String(old.key), "--json")).key, old.key);
    refused(await before.get("/Users"), 401, undefined, /not known here/);
  });

  test("says what is wrong, and warns after revoking the last token", async () => {
    const { token } = json(await scimtool("endpoint", "create", "hr", "--json"));
    const at = ["--endpoint", "hr"];
    const [none, taken, expiry, user, endpoint] = await Promise.all([
      scimtool("token", "revoke", "Okta", ...at),
      scimtool("token", "create", "first token", ...at),
      scimtool("token", "create", "x", "--expires", "soon"),
      scimtool("token", "create", "x", "--user", "nobody", ...at),
      scimtool("token", "list", "--endpoint", "none"),
    ]);
    failed(none, /^scimtool token revoke: the endpoint "hr" has no token "Okta"\. It has: first token\.$/m);
    failed(taken, /The label "first token" is taken/);
    failed(expiry, /"expires" must be a time such as/);
    failed(user, /The endpoint "hr" has no User "nobody"/);
    failed(endpoint, /There is no endpoint "none"/);
    const last = await scimtool("token", "revoke", "first token", ...at);
    assert.deepEqual([last.code, last.stdout], [0, 'Revoked the token "first token" of the endpoint "hr".\n']);
    assert.match(last.stderr, /^No credential of "hr" can write now\. Create a token/);
    refused(await scim(token.secret, "/scim/endpoints/hr/v2").get("/Users"), 401, undefined, /not known/);
    assert.match(
      done(await scimtool("token", "list", ...at)),
      /^The endpoint "hr" has no token\. Create one: scimtool token/,
    );
  });
});

describe("scimtool client", () => {
  test("creates clients and further secrets, and revokes one or all of a client's", async () => {
    const made = done(await scimtool("client", "create", "first", "--client-id", "okta"));
    assert.match(made, /^ +Token URL +http\S+\/oauth\/token\n +Client ID +okta\n +Client secret +scim_client_\w+ /m);
    assert.match(made, /curl -u 'okta:scim_client_\w+' -d grant_type=client_credentials 'http\S+\/oauth\/token'/);
    const [, secret = ""] = /Client secret +(\S+)/.exec(made) ?? [];
    refused(await scim(secret).get("/Users"), 401, undefined, /This is a client secret/);
    const [line = ""] = /^ {2}curl .*$/m.exec(made) ?? [];
    const access = scim(JSON.parse((await runInBash(line.replace("curl", "curl -s"))).stdout).access_token);
    assert.equal((await access.get("/Users")).status, 200);
    const second = json(await scimtool("client", "create", "second", "--client-id", "okta", "--json"));
    const other = json(await scimtool("client", "create", "second", "--json"));
    const third = json(await scimtool("client", "rotate", String(second.key), "--json"));
    assert.deepEqual([third.clientId, third.label], ["okta", "second"]);
    assert.match(done(await scimtool("client", "list")), /^\d+ +first +okta +read, write +\d.* ago +never +2\S+Z$/m);
    const several = new RegExp(`several have the label "second"\\. Use one of the keys: ${other.key}, ${third.key}`);
    failed(await scimtool("client", "revoke", "second"), several);
    assert.equal(done(await scimtool("client", "revoke", "okta")), "Revoked 3 secrets of the client okta.\n");
    for (const each of [scim(secret), access]) {
      refused(await each.get("/Users"), 401, undefined, /not known here/);
    }
    const one = done(await scimtool("client", "revoke", String(other.key)));
    assert.equal(one, `Revoked 1 secret of the client ${other.clientId}.\n`);
    assert.match(done(await scimtool("client", "list")), /has no client secret\. Create one: scimtool client create/);
  });
});
