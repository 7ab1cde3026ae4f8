import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { openTarget } from "./open-target.ts";
import { AZURITE_KEY } from "./testing/azurite.ts";

const SECRET = "c2VjcmV0";
const connectionString = (account: string) =>
  `DefaultEndpointsProtocol=https;AccountName=${account};AccountKey=${AZURITE_KEY};EndpointSuffix=core.windows.net`;
const key = (account: string) => ({ AZURE_STORAGE_CONNECTION_STRING: connectionString(account) });

test("a path, relative or absolute, and a file: URL are folders", async () => {
  for (const [text, folder] of [
    ["/mnt/backup", "/mnt/backup"],
    ["  backup ", resolve("backup")],
    ["./a:b", resolve("a:b")],
    ["file:///mnt/back%20up", "/mnt/back up"],
  ] as const) {
    const target = await openTarget(text, {});
    assert.equal(target.kind, "directory");
    assert.equal(target.name, folder);
  }
});

test("the URL of a container, with the account in its host or its path, is a container", async () => {
  for (const [text, name] of [
    ["https://acct1.blob.core.windows.net/backup", "https://acct1.blob.core.windows.net/backup"],
    ["https://acct1.blob.core.windows.net/backup/", "https://acct1.blob.core.windows.net/backup"],
    ["https://acct1.blob.core.windows.net/backup/a/b%20c/", "https://acct1.blob.core.windows.net/backup/a/b c"],
    ["https://acct1.z12.blob.storage.azure.net/backup", "https://acct1.z12.blob.storage.azure.net/backup"],
    [
      "https://acct1.privatelink.blob.core.windows.net/backup",
      "https://acct1.privatelink.blob.core.windows.net/backup",
    ],
    ["https://acct1.blob.core.chinacloudapi.cn/backup", "https://acct1.blob.core.chinacloudapi.cn/backup"],
    ["http://127.0.0.1:10000/acct1/backup/x", "http://127.0.0.1:10000/acct1/backup/x"],
    ["http://azurite:10000/acct1/backup", "http://azurite:10000/acct1/backup"],
  ] as const) {
    const target = await openTarget(text, key("acct1"));
    assert.equal(target.kind, "azure-blob");
    assert.equal(target.name, name);
  }
});

test("a SAS in the text is enough, and is not shown", async () => {
  const target = await openTarget(`https://acct1.blob.core.windows.net/backup/x?sv=2024-01-01&sig=${SECRET}`, {});
  assert.equal(target.name, "https://acct1.blob.core.windows.net/backup/x");
});

test("without SAS and connection string, an identity is used, if the connection is encrypted", async () => {
  const target = await openTarget("https://acct1.blob.core.windows.net/backup", { AZURE_CLIENT_ID: "b6ad" });
  assert.equal(target.kind, "azure-blob");
  await assert.rejects(openTarget("http://127.0.0.1:10000/acct1/backup", {}), /an identity cannot be used/);
});

test("an invalid text is reported with what to write instead, and without secrets", async () => {
  const wrong: readonly (readonly [string, RegExp, NodeJS.ProcessEnv?])[] = [
    ["", /is empty: name a folder or the URL of a blob container/],
    ["   ", /is empty/],
    ["s3://bucket/backup", /begins with s3:, which is neither a folder nor a blob container/],
    ["file://server/share", /is not the URL of a folder on this machine/],
    [connectionString("acct1"), /is a connection string\. Set AZURE_STORAGE_CONNECTION_STRING to it/],
    ["https://", /https:\/\/ is not a valid URL/],
    [
      "https://acct1.blob.core.windows.net/",
      /names no container\. Write https:\/\/acct1\.blob\.core\.windows\.net\/<container>/,
    ],
    [`https://acct1.blob.core.windows.net?sig=${SECRET}`, /names no container/],
    ["http://127.0.0.1:10000/acct1", /names no container\. Write http:\/\/127\.0\.0\.1:10000\/<account>\/<container>/],
    [
      "https://acct1.blob.core.windows.net/Backup",
      /names the container Backup: container names have 3 to 63 lower-case letters/,
    ],
    ["https://acct1.blob.core.windows.net/a--b", /names the container a--b/],
    ["https://acct1.blob.core.windows.net/backup/%", /contains a % that does not encode a character/],
    ["https://acct1.dfs.core.windows.net/backup", /is the account's dfs endpoint\. Name its blob endpoint/],
    ["https://acct1.file.core.windows.net/backup", /is a file share\. Mount it, and name the folder/],
    [`https://me:${SECRET}@acct1.blob.core.windows.net/backup`, /contains a user name or password/],
    [`https://acct1.blob.core.windows.net/backup?sv=1&token=${SECRET}`, /has a query that is not a SAS/],
    [
      "https://acct1.blob.core.windows.net/backup",
      /is for the account acct2, the backup target for acct1/,
      key("acct2"),
    ],
    [
      "https://acct1.blob.core.windows.net/backup",
      /AZURE_STORAGE_CONNECTION_STRING is not valid/,
      { AZURE_STORAGE_CONNECTION_STRING: `AccountKey=${SECRET}` },
    ],
  ];
  for (const [text, message, env] of wrong) {
    await assert.rejects(openTarget(text, env ?? {}), (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, message);
      assert.ok(!error.message.includes(SECRET) && !error.message.includes(AZURITE_KEY), "shows a secret");
      return true;
    });
  }
});
