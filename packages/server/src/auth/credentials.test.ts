import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  describeSecret,
  fingerprint,
  formOf,
  hashSecret,
  includesScope,
  isClientId,
  newClientSecret,
  newSecret,
  newToken,
  readScope,
  SECRET_PATTERN,
  scopeText,
} from "./credentials.ts";

const KINDS = ["token", "client", "access", "session"] as const;

test("the kind of a secret is recognized, and every secret matches the pattern for scanners", () => {
  for (const kind of KINDS) {
    for (let time = 0; time < 50; time++) {
      const secret = newSecret(kind);
      assert.equal(formOf(secret), kind, secret);
      assert.match(secret, SECRET_PATTERN);
    }
  }
});

test("two secrets always differ", () => {
  assert.equal(new Set(Array.from({ length: 1_000 }, () => newSecret("token"))).size, 1_000);
});

test("the random part uses all of its digits", () => {
  const digits = new Set(Array.from({ length: 200 }, () => newSecret("token").slice("scim_".length)).join(""));
  assert.equal(digits.size, 62);
});

test("a truncated, changed or extended secret is damaged", () => {
  const edits = fc.oneof(
    fc.record({ cut: fc.integer({ min: 1, max: 49 }) }),
    fc.record({ at: fc.integer({ min: 5, max: 53 }), to: fc.constantFrom(..."0aZ_ ") }),
    fc.record({ added: fc.constantFrom("0", " ", "\n", "scim_") }),
  );
  fc.assert(
    fc.property(edits, (edit) => {
      const secret = newSecret("token");
      const edited =
        "cut" in edit
          ? secret.slice(0, -edit.cut)
          : "added" in edit
            ? secret + edit.added
            : secret.slice(0, edit.at) + edit.to + secret.slice(edit.at + 1);
      fc.pre(edited !== secret);
      assert.equal(formOf(edited), "damaged", edited);
    }),
  );
});

test("a secret that was not created here is foreign", () => {
  for (const secret of ["", "hunter2", "SCIM_abc", "eyJhbGciOiJub25lIn0.e30."]) assert.equal(formOf(secret), "foreign");
});

test("a secret is stored as its SHA-256", () => {
  assert.equal(hashSecret("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("a record shows the length of a secret and which secrets are equal, but no part of any", () => {
  const secret = newSecret("token");
  assert.equal(fingerprint(secret), fingerprint(secret));
  assert.notEqual(fingerprint(secret), fingerprint(`${secret} `));
  assert.match(describeSecret(secret), /^54 characters, fingerprint [0-9a-f]{8}$/);
  assert.ok(!hashSecret(secret).startsWith(fingerprint(secret)));
});

test("write includes read, but read does not include write", () => {
  assert.ok(includesScope(["write"], "read"));
  assert.ok(includesScope(["write"], "write"));
  assert.ok(includesScope(["read"], "read"));
  assert.ok(!includesScope(["read"], "write"));
  assert.ok(!includesScope([], "read"));
});

test("scopes are written with all that they include, in a fixed order", () => {
  assert.equal(scopeText(["write"]), "read write");
  assert.equal(scopeText(["write", "read"]), "read write");
  assert.equal(scopeText(["read"]), "read");
  assert.equal(scopeText([]), "");
});

test("a list of scopes may have any order, repetitions and spaces; the first unknown name is returned", () => {
  assert.deepEqual(readScope("write read"), { scopes: ["read", "write"] });
  assert.deepEqual(readScope("  read   read "), { scopes: ["read"] });
  assert.deepEqual(readScope(""), { scopes: [] });
  assert.deepEqual(readScope("read admin root"), { unknown: "admin" });
  assert.deepEqual(readScope("Read"), { unknown: "Read" });
});

const WANTED = { endpoint: 7, label: "Entra", scopes: ["read"], expiresMs: 5, user: "2819c223" } as const;

test("a new token has the requested properties, and only the hash of its secret", () => {
  const { secret, credential } = newToken({ ...WANTED, purpose: "administration", endpoint: undefined });
  assert.equal(formOf(secret), "token");
  assert.deepEqual(credential, {
    ...WANTED,
    purpose: "administration",
    endpoint: undefined,
    kind: "token",
    clientId: undefined,
    secretHash: hashSecret(secret),
    origin: undefined,
  });
});

test("a secret belongs to the given client, or to a new one", () => {
  const { secret, credential } = newClientSecret({ ...WANTED, clientId: "c1" });
  assert.equal(formOf(secret), "client");
  const { kind, purpose, clientId, secretHash } = credential;
  assert.deepEqual([kind, purpose, clientId, secretHash], ["client", "provisioning", "c1", hashSecret(secret)]);
  const [first, second] = [1, 2].map(() => newClientSecret({ ...WANTED, clientId: undefined }).credential.clientId);
  assert.notEqual(first, second);
  assert.ok(isClientId(first ?? ""));
});

test("a client ID has only characters that every client sends unchanged", () => {
  for (const id of ["c1", "6b1f-4a.b_c~d", "x".repeat(100)]) assert.ok(isClientId(id), id);
  for (const id of ["", "a b", "a:b", "a%b", "ä", "a+b", "x".repeat(101), "a\n"]) assert.ok(!isClientId(id), id);
});
