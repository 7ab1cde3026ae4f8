import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { hashSecret } from "./auth/secret.ts";
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
    /** Begins a session with the secret that is there. */
    beginSession: async () => {
      const [secret] = await store.credentials.list(store.committed);
      assert.ok(secret);
      const { key, createdMs, lastUsedMs, ...same } = secret;
      const origin = { kind: "token", key } as const;
      const session = { ...same, kind: "session", secretHash: "session", origin, expiresMs: 1 } as const;
      await store.transaction((transaction) => store.credentials.insert(transaction, session, 0));
    },
    /** Goes on with an empty database beside the same secrets folder. */
    loseDatabase: () => {
      store = openSqliteStore(join(folder, "other.db"));
      stores.push(store);
    },
  };
}

test("a secret is made once, kept in a file for its owner only, and only its hash is in the database", async (t) => {
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

test("one that was removed stays so, although its file is there, until another is given", async (t) => {
  const place = newPlace(t, true);
  writeFileSync(place.file, "once valid\n");
  assert.deepEqual(await place.ensure(), { kind: "removed" });
  assert.deepEqual(await place.credentials(), []);
  const sources = { file: place.file, isRemovable: true };
  assert.deepEqual(expectedCredentials([], ADMINISTRATION, { ...sources, given: undefined }), []);
  assert.deepEqual(await place.ensure("given"), { kind: "given" });
  assert.ok(await place.isValid("given"));
});

test("a given secret replaces the one before, and stays valid when it is given no more", async (t) => {
  const place = newPlace(t);
  const made = await place.ensure();
  assert.deepEqual(await place.ensure("given"), { kind: "given" });
  assert.ok(await place.isValid("given"));
  assert.ok(made.kind === "made" && !(await place.isValid(made.secret)));
  assert.deepEqual(await place.ensure(), { kind: "given" });
  assert.ok(await place.isValid("given"));
  assert.equal((await place.credentials()).length, 1);
});

test("without the database the secret of the file is valid again, without the file that of the database", async (t) => {
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

test("an empty file is no secret, and an edited one does not change what is valid", async (t) => {
  const place = newPlace(t);
  writeFileSync(place.file, "\n");
  const made = await place.ensure();
  assert.ok(made.kind === "made" && made.secret !== "");
  writeFileSync(place.file, "edited\n");
  assert.deepEqual(await place.ensure(), { kind: "given" });
  assert.ok((await place.isValid(made.secret)) && !(await place.isValid("edited")));
});

test("when the file cannot be written no secret becomes valid that nobody knows", async (t) => {
  const place = newPlace(t);
  mkdirSync(place.file);
  await assert.rejects(place.ensure(), { code: "EISDIR" });
  assert.deepEqual(await place.credentials(), []);
});

test("two secrets are never alike", async (t) => {
  const secrets = new Set<string>();
  for (let index = 0; index < 3; index++) {
    const made = await newPlace(t).ensure();
    if (made.kind === "made") secrets.add(made.secret);
  }
  assert.equal(secrets.size, 3);
});

test("what is expected before the database is opened is what will be there then, but for a secret yet to be made", async (t) => {
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
        // The key and the time of creation are the database's.
        const told = expected.map((credential) => ({ ...credential, key: 1 }));
        assert.deepEqual(told, kind === "made" ? [] : found, `${isKnown} ${inFile} ${given}`);
      }
    }
  }
});

test("a secret that is there only while it is given goes with its sessions when it is given no more", async (t) => {
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

test("before the database is opened such a secret and its sessions are expected to be what they will be", async (t) => {
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

test("a replaced admin secret is expected to take its sessions with it, and none that are not its own", async (t) => {
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
