import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { hashSecret } from "./auth/credentials.ts";
import {
  ensureGiven,
  ensureSecret,
  expectedCredentials,
  expectedGiven,
  type Secret,
  secretsFolder,
} from "./secrets.ts";
import { openSqliteStore } from "./store/sqlite/store.ts";
import { testFolder } from "./testing/application.ts";

const ADMINISTRATION = {
  purpose: "administration",
  endpoint: undefined,
  label: "admin secret",
  scopes: ["read", "write"],
} as const;

const VIEWING = {
  purpose: "administration",
  endpoint: undefined,
  label: "viewer secret",
  scopes: ["read"],
} as const;

function newPlace(t: TestContext, isRemovable = false) {
  const folder = testFolder();
  const file = join(secretsFolder(folder), "admin");
  const stores = [openSqliteStore(join(folder, "scim.db"))];
  t.after(async () => {
    for (const store of stores) await store.close();
    rmSync(folder, { recursive: true });
  });
  let [store] = stores as [ReturnType<typeof openSqliteStore>];
  return {
    file,
    ensure: (given?: string): Promise<Secret> => ensureSecret(store, ADMINISTRATION, { given, file, isRemovable }, 0),
    isValid: async (secret: string) =>
      (await store.credentials.list(store.committed)).some(({ secretHash }) => secretHash === hashSecret(secret)),
    credentials: () => store.credentials.list(store.committed),
    ensureGiven: (given?: string) => ensureGiven(store, VIEWING, given, 0),
    beginSession: async () => {
      const [secret] = await store.credentials.list(store.committed);
      assert.ok(secret);
      const { key, createdMs, lastUsedMs, ...same } = secret;
      const origin = { kind: "token", key } as const;
      const session = { ...same, kind: "session", secretHash: "session", origin, expiresMs: 1 } as const;
      await store.transaction((transaction) => store.credentials.insert(transaction, session, 0));
    },
    /** Continues with an empty database and the same secrets folder. */
    loseDatabase: () => {
      store = openSqliteStore(join(folder, "other.db"));
      stores.push(store);
    },
  };
}

test("a secret is created once, in a file that only its owner can read; the database has only its hash", async (t) => {
  const place = newPlace(t);
  const made = await place.ensure();
  assert.ok(made.kind === "made");
  assert.equal(readFileSync(place.file, "utf8"), `${made.secret}\n`);
  assert.equal(statSync(place.file).mode & 0o777, 0o600);
  assert.ok(await place.isValid(made.secret));
  assert.ok(!JSON.stringify(await place.credentials()).includes(made.secret));
  assert.deepEqual(await place.ensure(), { kind: "kept", file: place.file });
  assert.ok(await place.isValid(made.secret));
});

test("a removed secret stays removed despite its file, until another is configured", async (t) => {
  const place = newPlace(t, true);
  writeFileSync(place.file, "once valid\n");
  assert.deepEqual(await place.ensure(), { kind: "removed" });
  assert.deepEqual(await place.credentials(), []);
  const sources = { file: place.file, isRemovable: true };
  assert.deepEqual(expectedCredentials([], ADMINISTRATION, { ...sources, given: undefined }), []);
  assert.deepEqual(await place.ensure("given"), { kind: "given" });
  assert.ok(await place.isValid("given"));
});

test("a configured secret replaces the previous one, and stays valid when no longer configured", async (t) => {
  const place = newPlace(t);
  const made = await place.ensure();
  assert.deepEqual(await place.ensure("given"), { kind: "given" });
  assert.ok(await place.isValid("given"));
  assert.ok(made.kind === "made" && !(await place.isValid(made.secret)));
  assert.deepEqual(await place.ensure(), { kind: "given" });
  assert.ok(await place.isValid("given"));
  assert.equal((await place.credentials()).length, 1);
});

test("without the database the file's secret is valid again, without the file the database's", async (t) => {
  const place = newPlace(t);
  const made = await place.ensure();
  assert.ok(made.kind === "made");
  rmSync(place.file);
  assert.deepEqual(await place.ensure(), { kind: "given" });
  assert.ok(await place.isValid(made.secret));
  writeFileSync(place.file, `${made.secret}\r\n`);
  place.loseDatabase();
  assert.deepEqual(await place.ensure(), { kind: "kept", file: place.file });
  assert.ok(await place.isValid(made.secret));
});

test("an empty file is not a secret, and editing the file changes nothing", async (t) => {
  const place = newPlace(t);
  writeFileSync(place.file, "\n");
  const made = await place.ensure();
  assert.ok(made.kind === "made" && made.secret !== "");
  writeFileSync(place.file, "edited\n");
  assert.deepEqual(await place.ensure(), { kind: "given" });
  assert.ok((await place.isValid(made.secret)) && !(await place.isValid("edited")));
});

test("if the file cannot be written, no unknown secret becomes valid", async (t) => {
  const place = newPlace(t);
  mkdirSync(place.file);
  await assert.rejects(place.ensure(), { code: "EISDIR" });
  assert.deepEqual(await place.credentials(), []);
});

test("two new secrets always differ", async (t) => {
  const secrets = new Set<string>();
  for (let index = 0; index < 3; index++) {
    const made = await newPlace(t).ensure();
    if (made.kind === "made") secrets.add(made.secret);
  }
  assert.equal(secrets.size, 3);
});

test("the prediction before opening the database is correct, except for new random secrets", async (t) => {
  for (const isKnown of [false, true]) {
    for (const inFile of ["", "of the file"]) {
      for (const given of [undefined, "given"]) {
        const place = newPlace(t);
        if (isKnown) await place.ensure("known");
        if (inFile !== "") writeFileSync(place.file, inFile);
        const expected = expectedCredentials(await place.credentials(), ADMINISTRATION, {
          given,
          file: place.file,
          isRemovable: false,
        });
        const { kind } = await place.ensure(given);
        const found = await place.credentials();
        // The database chooses the key and the time of creation.
        const told = expected.map((credential) => ({ ...credential, key: 1 }));
        assert.deepEqual(told, kind === "made" ? [] : found, `${isKnown} ${inFile} ${given}`);
      }
    }
  }
});

test("a secret that must be configured ends with its sessions when no longer configured", async (t) => {
  const place = newPlace(t);
  await place.ensureGiven(undefined);
  assert.deepEqual(await place.credentials(), []);
  await place.ensureGiven("given");
  assert.deepEqual(
    (await place.credentials()).map(({ label, scopes, secretHash }) => [label, scopes, secretHash]),
    [["viewer secret", ["read"], hashSecret("given")]],
  );
  await place.beginSession();
  await place.ensureGiven("given");
  assert.equal((await place.credentials()).length, 2);
  await place.ensureGiven(undefined);
  assert.deepEqual(await place.credentials(), []);
});

test("the prediction before opening the database is correct for such a secret and its sessions", async (t) => {
  for (const before of [undefined, "given"]) {
    for (const given of [undefined, "given", "another"]) {
      const place = newPlace(t);
      await place.ensureGiven(before);
      if (before !== undefined) await place.beginSession();
      const expected = expectedGiven(await place.credentials(), VIEWING, given);
      await place.ensureGiven(given);
      const told = expected.map((credential) => ({ ...credential, key: credential.key || 1 }));
      assert.deepEqual(told, await place.credentials(), `${before} ${given}`);
    }
  }
});

test("replacing the admin secret ends its sessions, and no others", async (t) => {
  const place = newPlace(t);
  await place.ensure("first");
  await place.beginSession();
  const known = await place.credentials();
  const other = { ...known[1], key: 7, origin: { kind: "token", key: 6 } } as (typeof known)[number];
  const hashes = (given: string) =>
    expectedCredentials([...known, other], ADMINISTRATION, { given, file: place.file, isRemovable: false }).map(
      ({ key, secretHash }) => [key, secretHash],
    );
  assert.deepEqual(hashes("first"), [
    [1, hashSecret("first")],
    [2, "session"],
    [7, "session"],
  ]);
  assert.deepEqual(hashes("second"), [
    [7, "session"],
    [1, hashSecret("second")],
  ]);
});
