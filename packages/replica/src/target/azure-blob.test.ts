import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { after, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BlobServiceClient, ContainerSASPermissions, StorageSharedKeyCredential } from "@azure/storage-blob";
import fc from "fast-check";
import { TargetError, type TargetFault } from "../errors.ts";
import { type AzureBlobLimits, azureBlobTarget } from "./azure-blob.ts";
import type { Target } from "./target.ts";
import { AZURITE_ACCOUNT, AZURITE_KEY, startAzurite } from "./testing/azurite.ts";
import { targetConformance } from "./testing/conformance.ts";
import { bytesOf, streamOf } from "./testing/content.ts";
import { startProxy, type Verdict } from "./testing/proxy.ts";

const MIB = 1024 * 1024;

const azurite = await startAzurite();
after(() => azurite.stop());
const credential = new StorageSharedKeyCredential(AZURITE_ACCOUNT, AZURITE_KEY);
const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
let containers = 0;
const newContainer = () => `test-${containers++}`;

targetConformance("azure-blob", async () => {
  const place = { containerUrl: `${azurite.accountUrl}/${newContainer()}`, credential, prefix: "some/where" };
  return {
    target: azureBlobTarget(place, { listPageKeys: 3 }),
    another: azureBlobTarget(place),
    dispose: async () => undefined,
  };
});

/** A target whose requests go through a proxy, and one for the same location without. */
async function throughProxy(
  t: TestContext,
  decide: (request: IncomingMessage) => Verdict,
  limits: AzureBlobLimits = {},
): Promise<{ target: Target; direct: Target; connections: () => { taken: number; open: number } }> {
  const proxy = await startProxy(new URL(azurite.accountUrl).origin, decide);
  t.after(() => proxy.close());
  const container = newContainer();
  await service.createContainer(container);
  const at = (origin: string) => ({ containerUrl: `${origin}/${AZURITE_ACCOUNT}/${container}`, credential });
  return {
    target: azureBlobTarget(at(proxy.origin), limits),
    direct: azureBlobTarget(at(new URL(azurite.accountUrl).origin)),
    connections: proxy.connections,
  };
}

const fault = (expected: TargetFault, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TargetError, String(error));
  assert.equal(error.fault, expected);
  assert.match(error.message, message);
  return true;
};

const sas = async (container: string, permissions: string, expiresOn = new Date(Date.now() + 3_600_000)) =>
  service
    .getContainerClient(container)
    .generateSasUrl({ permissions: ContainerSASPermissions.parse(permissions), expiresOn });

test("its name is the address without credentials", async () => {
  const containerUrl = "https://account.blob.core.windows.net/backup?sv=2024&sig=secret";
  assert.equal(azureBlobTarget({ containerUrl }).name, "https://account.blob.core.windows.net/backup");
  const below = azureBlobTarget({ containerUrl, prefix: "a/b" });
  assert.equal(below.name, "https://account.blob.core.windows.net/backup/a/b");
});

test("keys are below the prefix, and objects beside it are not seen", async () => {
  const containerUrl = `${azurite.accountUrl}/${newContainer()}`;
  const all = azureBlobTarget({ containerUrl, credential });
  const below = azureBlobTarget({ containerUrl, credential, prefix: "a/b" });
  await all.create("a/bc", Buffer.from("beside"));
  await below.create("key", Buffer.from("x"));
  assert.deepEqual(await below.list(""), ["key"]);
  assert.deepEqual(await all.list(""), ["a/b/key", "a/bc"]);
});

test("a slot whose request got no response is settled by writing it again, whether or not it took effect", async (t) => {
  const verdicts = fc.array(fc.constantFrom<Verdict>("passed", "lost", "unanswered"), { maxLength: 12 });
  for (const bytes of [10_000, 5 * MIB]) {
    await fc.assert(
      fc.asyncProperty(verdicts, async (plan) => {
        const left = [...plan];
        const { target, direct } = await throughProxy(t, () => left.shift() ?? "passed");
        const slots = target.openSlots("log/");
        for (let slot = 1; slot <= 2; slot++) {
          const content = Buffer.alloc(bytes, `${slot}`);
          for (;;) {
            try {
              assert.equal(await slots.write(slot, content), "written");
              break;
            } catch (error) {
              fault("unreachable", /did not answer as expected/)(error);
            }
          }
          assert.ok((await direct.read(`log/000000000000000${slot}`))?.equals(content));
        }
      }),
      { numRuns: bytes > MIB ? 5 : 25 },
    );
  }
});

test("a slot whose request got no response, and which another writer got meanwhile, is taken", async (t) => {
  const left: Verdict[] = ["lost"];
  const { target, direct } = await throughProxy(t, () => left.shift() ?? "passed");
  const slots = target.openSlots("log/");
  await assert.rejects(slots.write(1, Buffer.from("a")), fault("unreachable", /./));
  assert.equal(await direct.openSlots("log/").write(1, Buffer.from("b")), "written");
  assert.equal(await slots.write(1, Buffer.from("a")), "taken");
});

test("a failed call is not repeated with other bytes", async (t) => {
  const left: Verdict[] = ["unanswered"];
  const { target } = await throughProxy(t, () => left.shift() ?? "passed");
  const slots = target.openSlots("log/");
  await assert.rejects(slots.write(1, Buffer.from("a")), fault("unreachable", /./));
  await assert.rejects(slots.write(1, Buffer.from("b")), /Slot 1 was already tried with other bytes/);
  assert.equal(await slots.write(1, Buffer.from("a")), "written");
});

test("blocks that a dead writer staged do not block a slot", async () => {
  const container = newContainer();
  const { containerClient } = await service.createContainer(container);
  const target = azureBlobTarget({ containerUrl: `${azurite.accountUrl}/${container}`, credential });
  const staged = containerClient.getBlockBlobClient("log/0000000000000001");
  await staged.stageBlock(Buffer.from("dead".padEnd(43)).toString("base64"), "xyz", 3);
  assert.equal(await target.read("log/0000000000000001"), undefined);
  assert.equal(await target.openSlots("log/").write(1, Buffer.from("alive")), "written");
  assert.equal((await target.read("log/0000000000000001"))?.toString(), "alive");
  assert.equal(await target.create("log/0000000000000001", Buffer.from("late")), "exists");
});

test("a stream that another writer's replacement discards fails, and may be tried again", async () => {
  const target = azureBlobTarget({ containerUrl: `${azurite.accountUrl}/${newContainer()}`, credential });
  async function* interrupted() {
    yield* streamOf(9 * MIB, MIB);
    await target.replace("scim.db", streamOf(5 * MIB, MIB, 7));
    yield* streamOf(9 * MIB, MIB);
  }
  await assert.rejects(target.replace("scim.db", interrupted()), fault("unreachable", /another writer interfered/));
  assert.ok((await target.read("scim.db"))?.equals(await bytesOf(streamOf(5 * MIB, MIB, 7))));
  await target.replace("scim.db", streamOf(9 * MIB, MIB));
  assert.ok((await target.read("scim.db"))?.equals(await bytesOf(streamOf(9 * MIB, MIB))));
});

test("each request is aborted after its time limit, and tried once", async (t) => {
  let requests = 0;
  const silent = () => {
    requests++;
    return "silent" as const;
  };
  const { target } = await throughProxy(t, silent, { requestLimitMs: 100 });
  const late = fault("unreachable", /There was no answer within 0\.1 s/);
  const begunMs = performance.now();
  await assert.rejects(target.create("a", Buffer.from("x")), late);
  await assert.rejects(target.create("a", streamOf(5 * MIB, MIB)), late);
  await assert.rejects(target.replace("a", Buffer.from("x")), late);
  await assert.rejects(target.read("a"), late);
  await assert.rejects(target.remove("a"), late);
  await assert.rejects(target.list(""), late);
  await assert.rejects(target.clockMs(), late);
  await assert.rejects(target.openSlots("log/").write(1, Buffer.from("x")), late);
  assert.ok(performance.now() - begunMs < 5_000);
  assert.ok(requests <= 9, `${requests} requests`);
});

test("a truncated body, or one shorter than the blob, is not accepted", async (t) => {
  let verdict: Verdict = "passed";
  const { target } = await throughProxy(t, () => verdict);
  const bytes = Buffer.alloc(50_000, 7);
  await target.create("a", bytes);
  verdict = { cutAfterBytes: 20_000 };
  await assert.rejects(target.read("a"), fault("unreachable", /a: /));
  verdict = { shortenedToBytes: 20_000 };
  await assert.rejects(target.read("a"), fault("unreachable", /received 20000 bytes instead of 50000/));
  await assert.rejects(
    target.read("a", { offset: 40_000, length: 1_000_000 }).then((part) => {
      assert.equal(part?.length, 10_000);
      throw new TargetError("missing", "as it should be");
    }),
    fault("missing", /as it should be/),
  );
  verdict = "passed";
  assert.ok((await target.read("a"))?.equals(bytes));
});

test("a blob that is replaced during a read in parts is read again, a few times", async (t) => {
  let replaced = 0;
  const { target } = await throughProxy(t, (request) =>
    request.headers["if-match"] !== undefined && replaced-- > 0 ? { status: 412, code: "ConditionNotMet" } : "passed",
  );
  await target.create("a", streamOf(5 * MIB, MIB));
  replaced = 3;
  assert.ok((await target.read("a"))?.equals(await bytesOf(streamOf(5 * MIB, MIB))));
  replaced = 100;
  await assert.rejects(target.read("a"), fault("unreachable", /Try again/));
});

test("a refusal of the service becomes advice", async (t) => {
  let verdict: Verdict = "passed";
  const { target } = await throughProxy(t, () => verdict);
  const expected: readonly (readonly [number, string, TargetFault, RegExp])[] = [
    [403, "AuthenticationFailed", "denied", /key in AZURE_STORAGE_CONNECTION_STRING.*\(403 AuthenticationFailed\)\.$/],
    [403, "AuthorizationFailure", "denied", /network rules admit this address/],
    [401, "NoAuthenticationInformation", "denied", /the account refuses this/],
    [507, "InsufficientStorage", "full", /is full/],
    [409, "AccountLimitExceeded", "full", /is full/],
    [409, "BlobImmutableDueToPolicy", "read-only", /immutability policy/],
    [412, "LeaseIdMissing", "read-only", /Remove the lease/],
    [409, "AccountBeingCreated", "unreachable", /Try again/],
    [409, "ContainerBeingDeleted", "unreachable", /Try again/],
    [503, "ServerBusy", "unreachable", /Try again/],
    [500, "InternalError", "unreachable", /Try again/],
  ];
  for (const [status, code, kind, message] of expected) {
    verdict = { status, code };
    await assert.rejects(target.replace("a", Buffer.from("x")), fault(kind, message));
    await assert.rejects(target.create("a", Buffer.from("x")), fault(kind, message));
    await assert.rejects(target.list(""), fault(kind, message));
    await assert.rejects(target.clockMs(), fault(kind, message));
  }
});

test("a read-only SAS cannot write; the message names the missing permission and not the SAS", async () => {
  const container = newContainer();
  await service.createContainer(container);
  const target = azureBlobTarget({ containerUrl: await sas(container, "rl") });
  assert.equal(await target.read("a"), undefined);
  await assert.rejects(target.create("a", Buffer.from("x")), (error: unknown) => {
    fault("denied", /Create a SAS for the container with the permissions read, create, write, delete and list/)(error);
    assert.doesNotMatch(`${error} ${target.name}`, /sig=/);
    return true;
  });
});

test("an expired SAS is denied, with the reason", async () => {
  const container = newContainer();
  await service.createContainer(container);
  const target = azureBlobTarget({ containerUrl: await sas(container, "racwdl", new Date(Date.now() - 60_000)) });
  await assert.rejects(target.read("a"), fault("denied", /that has not expired/));
});

test("a SAS can do everything that a target needs", async () => {
  const container = newContainer();
  await service.createContainer(container);
  const target = azureBlobTarget({ containerUrl: await sas(container, "rcwdl") });
  assert.equal(await target.create("a", Buffer.from("x")), "created");
  assert.equal(await target.create("a", Buffer.from("y")), "exists");
  await target.replace("a", streamOf(5 * MIB, MIB));
  assert.deepEqual(await target.list(""), ["a"]);
  assert.equal(await target.openSlots("log/").write(1, Buffer.from("x")), "written");
  await target.remove("a");
  assert.ok(Math.abs((await target.clockMs()) - Date.now()) < 5_000);
});

test("a SAS that may create but not write detects an existing object", async (t) => {
  // Azurite denies this SAS in another way than the service does.
  const { target, direct } = await throughProxy(t, (request) =>
    request.method === "PUT" ? { status: 403, code: "UnauthorizedBlobOverwrite" } : "passed",
  );
  await direct.create("a", Buffer.from("x"));
  assert.equal(await target.create("a", Buffer.from("y")), "exists");
});

test("a missing container that may not be created is reported as missing", async () => {
  const container = newContainer();
  const target = azureBlobTarget({ containerUrl: await sas(container, "rcwdl") });
  const missing = fault("missing", /Create it, or name another \(404 ContainerNotFound\)/);
  assert.equal(await target.read("a"), undefined);
  assert.deepEqual(await target.list(""), []);
  await target.remove("a");
  await assert.rejects(target.create("a", Buffer.from("x")), missing);
  await assert.rejects(target.replace("a", streamOf(5 * MIB, MIB)), missing);
});

test("an account whose host does not respond is unreachable", async () => {
  const containerUrl = `http://127.0.0.1:9/${AZURITE_ACCOUNT}/backup`;
  const target = azureBlobTarget({ containerUrl, credential });
  await assert.rejects(target.list(""), fault("unreachable", /ECONNREFUSED/));
});

test("an identity that cannot sign in is reported with how to get one", async () => {
  const containerUrl = "https://account.blob.core.windows.net/backup";
  const failing = {
    getToken: async () => {
      throw Object.assign(new Error("no managed identity\nand a long list"), { name: "CredentialUnavailableError" });
    },
  };
  const target = azureBlobTarget({ containerUrl, credential: failing });
  await assert.rejects(target.list(""), fault("denied", /AZURE_CLIENT_ID.*\(no managed identity\)\.$/));
});

test("connections are reused", async (t) => {
  const { target, connections } = await throughProxy(t, () => "passed");
  for (let at = 0; at < 10; at++) await target.create(`${at}`, Buffer.from("x"));
  assert.equal(connections().taken, 1);
});

test("a connection that is idle for seconds is closed, because it may be dead", async (t) => {
  const { target, connections } = await throughProxy(t, () => "passed");
  await target.create("a", Buffer.from("x"));
  assert.equal(connections().open, 1);
  for (let waited = 0; connections().open > 0; waited++) {
    assert.ok(waited < 200, "still open after 20 s");
    await sleep(100);
  }
});
