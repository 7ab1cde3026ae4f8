import assert from "node:assert/strict";
import { test } from "node:test";
import { databaseName, plaintextWarning, readPostgresUrl } from "./postgres-url.ts";

test("TLS is verified, except on this machine or where the URL turns it off", () => {
  const tlsOf = (rest: string) => readPostgresUrl(`postgres://app@${rest}`).tls;
  for (const local of ["localhost/scim", "127.0.0.1:5433/scim", "[::1]/scim", "x/scim?host=/run/postgresql"]) {
    assert.equal(tlsOf(local), "plain", local);
  }
  for (const remote of ["db.example.com/scim", "10.0.0.5/scim", "localhost.example.com/scim", "127.example.com/scim"]) {
    assert.equal(tlsOf(remote), "verified", remote);
  }
  assert.equal(tlsOf("localhost/scim?sslmode=verify-full"), "verified");
  assert.equal(tlsOf("db.example.com/scim?sslmode=disable"), "plain");
});

test("a connection without TLS to another machine is warned of", () => {
  const warning = plaintextWarning("postgres://app:hunter2@db.example.com/scim?sslmode=disable") ?? "";
  assert.match(warning, /^The connection to db\.example\.com is not encrypted/);
  assert.doesNotMatch(warning, /hunter2/);
  assert.equal(plaintextWarning("postgres://app@db.example.com/scim"), undefined);
  assert.equal(plaintextWarning("postgres://app@localhost/scim?sslmode=disable"), undefined);
});

test("escapes in user, password and database are decoded, and the display name has no secret", () => {
  const text = "postgres://app%40corp:p%2Fw@db.example.com:6432/sc%20im?sslrootcert=/ca.crt";
  const { user, password, database, port, rootCertificate } = readPostgresUrl(text);
  assert.deepEqual([user, password, database, port, rootCertificate], ["app@corp", "p/w", "sc im", 6432, "/ca.crt"]);
  assert.equal(databaseName(text), "db.example.com:6432/sc im");
});
