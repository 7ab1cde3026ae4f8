import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startIssuer } from "../auth/testing/issuer.ts";
import { startApplication, TEST_ADMIN_SECRET } from "../testing/application.ts";
import { type Ended, runCommand } from "../testing/command.ts";
import { done, failed } from "./testing/ended.ts";

const server = await startApplication();
const issuer = await startIssuer();
const { origin } = server;
after(async () => {
  await issuer.close();
  await server.close();
});

const TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47";

function trust(...args: string[]): Promise<Ended> {
  return runCommand(["trust", ...args, "--url", origin], { ADMIN_SECRET: TEST_ADMIN_SECRET });
}

describe("scimtool trust", () => {
  test("adds an issuer whose tokens are accepted, tries them, and removes it", async () => {
    const exp = Math.floor(Date.now() / 1_000) + 600;
    const sign = (claims: object) => issuer.sign({ iss: issuer.issuer, aud: "api://6b1f", exp, ...claims });
    const token = await sign({ azp: "app" });
    const bearer = server.connect(token, "/scim/v2");
    const before = await trust("try", token);
    assert.deepEqual([before.code, before.stderr], [1, ""]);
    assert.match(before.stdout, /^Rejected\.\nExpected +no such token: this endpoint trusts no issuer\nGot +"http/);
    const from = ["--issuer", issuer.issuer, "--audience", "api://6b1f", "--client-id", "app", "--scope", "read"];
    assert.match(
      done(await trust("add", "ci", ...from)),
      /^The endpoint "default" trusts http\S+: tokens with aud api:\/\/6b1f, azp app get the scopes read\.\n$/,
    );
    assert.equal((await bearer.get("/Users")).status, 200);
    assert.match(done(await trust("list")), /^\d+ +ci +http\S+ +aud api:\/\/6b1f, azp app +read +\d+ m?s ago$/m);
    const good = done(await trust("try", token));
    assert.match(
      good,
      /^Accepted by "ci", with the scopes read, until 2\S+Z\.\n\nTrust "ci"\n +Check +Expected +Got\n/,
    );
    assert.match(good, /^ +ok +audience +"api:\/\/6b1f" +"api:\/\/6b1f"$/m);
    assert.match(good, /^ +ok +subject +anything +no such claim$/m);
    const bad = await trust("try", await sign({ azp: "another" }));
    assert.deepEqual([bad.code, bad.stderr], [1, ""]);
    assert.match(
      bad.stdout,
      /^ +FAILS +client id +.*"app" +"another"\n[\s\S]*change the trust "ci" to the received value/m,
    );
    assert.equal(JSON.parse((await trust("try", token, "--json")).stdout).accepted, true);
    assert.equal(done(await trust("remove", "ci")), 'The endpoint "default" no longer trusts "ci".\n');
    assert.equal((await bearer.get("/Users")).status, 401);
    assert.match(done(await trust("list")), /^The endpoint "default" trusts no issuer\./);
  });

  test("makes the issuer of a tenant of Entra ID, and warns if it accepts everybody of that tenant", async () => {
    const added = await trust("add", "entra", "--tenant", TENANT, "--audience", "api://6b1f", "--json");
    assert.equal(added.code, 0, added.stderr);
    const { issuer: made, tenant } = JSON.parse(added.stdout);
    assert.deepEqual([made, tenant], [`https://login.microsoftonline.com/${TENANT}/v2.0`, TENANT]);
    const wide = await trust("add", "wide", "--tenant", TENANT, "--audience", "api://other");
    assert.equal(wide.code, 0);
    assert.match(wide.stderr, /^It accepts every token of this issuer for that audience\./);
  });

  test("says what is wrong", async () => {
    const [noGuid, nobody, insecure, unknown, empty, noAudience] = await Promise.all([
      trust("add", "x", "--tenant", "contoso", "--audience", "a"),
      trust("add", "x", "--audience", "a"),
      trust("add", "x", "--issuer", "http://example.com", "--audience", "a"),
      trust("remove", "nope"),
      trust("try", " "),
      trust("add", "x", "--tenant", TENANT),
    ]);
    failed(noGuid, /"contoso" is not a tenant ID, which is a GUID/);
    failed(nobody, /no issuer given\. Give it with --issuer, or an Entra ID tenant/);
    failed(insecure, /^scimtool trust add: The issuer cannot be used: .*must begin with https/);
    failed(unknown, /has no trust "nope"/);
    failed(empty, /no token given/);
    assert.equal(noAudience.code, 1);
    assert.match(noAudience.stderr, /required option '--audience <audience>' not specified/);
  });
});
