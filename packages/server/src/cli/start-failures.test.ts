import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { testFolder } from "../testing/application.ts";
import { runCommand } from "../testing/command.ts";

const folder = testFolder();
after(() => rmSync(folder, { recursive: true }));

let count = 0;

function dataDir(): string {
  const path = join(folder, `data${++count}`);
  mkdirSync(path);
  return path;
}

function foreignDatabase(file: string): void {
  const database = new DatabaseSync(file);
  database.exec("CREATE TABLE books (title TEXT)");
  database.close();
}

/** Starts the program, which must end with exit code 1, no standard output, and this message. */
async function refusesToStart(args: string[], env: Record<string, string>, message: RegExp): Promise<string> {
  const usual = { PORT: "0", DATA_DIR: dataDir() };
  const { code, stdout, stderr } = await runCommand(args, { ...usual, ...env });
  assert.deepEqual([code, stdout], [1, ""], stderr);
  assert.match(stderr, message);
  assert.doesNotMatch(stderr, /^ +at /m, "no stack");
  return stderr;
}

test("an invalid value stops the start with a message that names the flag and the variable", async () => {
  const cases: [string, string, string][] = [
    ["--port", "PORT", "abc"],
    ["--profile", "SCIM_PROFILE", "lax"],
    ["--public-url", "PUBLIC_URL", "scim.example.com"],
  ];
  for (const [flag, variable, value] of cases) {
    await refusesToStart([flag, value], {}, new RegExp(`option '${flag} <.*argument '${value}' is invalid\\. .*`));
    await refusesToStart(
      [],
      { [variable]: value },
      new RegExp(`option '${flag} <.*value '${value}' from env '${variable}'`),
    );
  }
});

test("a secret that a header cannot carry is rejected by name, without printing it", async () => {
  for (const secret of ["horse battery", "pferd\u00e4pfel"]) {
    for (const [flag, variable] of [
      ["--scim-shared-secret", "SCIM_SHARED_SECRET"],
      ["--admin-secret", "ADMIN_SECRET"],
    ] as const) {
      const message = new RegExp(`${flag} \\(${variable}\\) is not valid: it must be visible ASCII characters`);
      const printed = await refusesToStart([], { [variable]: secret }, message);
      assert.doesNotMatch(printed, /horse|battery|pferd/);
    }
  }
});

test("the same secret for SCIM and administration is rejected", async () => {
  const env = { SCIM_SHARED_SECRET: "correct-horse", ADMIN_SECRET: "correct-horse" };
  const printed = await refusesToStart([], env, /SCIM_SHARED_SECRET and ADMIN_SECRET are the same/);
  assert.doesNotMatch(printed, /correct-horse/);
});

test("a port in use is reported with what to do", async (t) => {
  const holder = createServer().listen(0, "127.0.0.1");
  t.after(() => holder.close());
  await once(holder, "listening");
  const port = String((holder.address() as AddressInfo).port);
  const message = new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use\\..*another port with --port`);
  await refusesToStart(["--port", port], {}, message);
});

test("an address that this machine does not have is reported", async () => {
  await refusesToStart(["--host", "192.0.2.1"], {}, /no address 192\.0\.2\.1\. Choose another with --host/);
});

test("an impossible data folder is reported with the setting", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const message = (path: string) => new RegExp(`cannot start: .*'${path}.*\\. .*--data-dir`);
  await refusesToStart(["--data-dir", file], {}, message(file));
  await refusesToStart(["--data-dir", join(file, "below")], {}, message(join(file, "below")));
  const taken = dataDir();
  writeFileSync(join(taken, "secrets"), "");
  await refusesToStart(["--data-dir", taken], {}, message(join(taken, "secrets")));
});

test("files without write permission are reported before the server listens", async () => {
  const anybody = 65_534;
  const isRoot = process.getuid?.() === 0;
  const env = { NODE_OPTIONS: "" };
  if (isRoot) {
    // Root may write anywhere.
    const preload = join(folder, "anybody.mjs");
    writeFileSync(preload, `process.setuid(${anybody});`);
    env.NODE_OPTIONS = `--import ${preload}`;
    chmodSync(folder, 0o711);
  }
  const data = dataDir();
  const file = join(data, "scim.db");
  writeFileSync(file, "");
  chmodSync(file, 0o444);
  if (isRoot) chownSync(data, anybody, anybody);
  const message = (path: string) => new RegExp(`EACCES: .*'${path}'\\. Make it writable for the user .*--data-dir`);
  await refusesToStart(["--data-dir", data], env, message(file));
  chmodSync(file, 0o666);
  writeFileSync(`${file}-wal`, "");
  chmodSync(`${file}-wal`, 0o444);
  await refusesToStart(["--data-dir", data], env, message(`${file}-wal`));

  const closed = dataDir();
  mkdirSync(join(closed, "secrets"));
  chmodSync(closed, 0o555);
  await refusesToStart(["--data-dir", closed], env, message(closed));
});

test("a database locked by another program is reported, without advice to move it", async (t) => {
  const data = dataDir();
  const file = join(data, "scim.db");
  const other = new DatabaseSync(file);
  t.after(() => other.close());
  other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  const printed = await refusesToStart(
    ["--data-dir", data],
    {},
    /the database .*scim\.db is locked by another program/,
  );
  assert.doesNotMatch(printed, /[Mm]ove/);
});

test("a full disk is reported by its folder, with what to do", async () => {
  const preload = join(folder, "full-disk.mjs");
  writeFileSync(
    preload,
    `import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    fs.writeFileSync = () => {
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
    };
    syncBuiltinESMExports();`,
  );
  const data = dataDir();
  const message = new RegExp(`no space is left in ${data} \\(ENOSPC: .*\\)\\. Free some space there, or .*--data-dir`);
  await refusesToStart(["--data-dir", data], { NODE_OPTIONS: `--import ${preload}` }, message);
});

test("a folder that the operating system cannot create stops the start with a message, not an endless loop", async () => {
  for (const path of ["/proc/x", "/proc/x/data"]) {
    await refusesToStart(["--data-dir", path], {}, /mkdir '\/proc\/x'\..*another folder with --data-dir/);
  }
  await refusesToStart(["--database-url", "file:/proc/x/scim.db"], {}, /mkdir '\/proc\/x'/);
});

test("a file that is not a database, or another program's database, is reported and left unchanged", async () => {
  const noDatabase = dataDir();
  writeFileSync(join(noDatabase, "scim.db"), "x".repeat(10_000));
  const message = /the database .*scim\.db: file is not a database\. .*--data-dir/;
  await refusesToStart(["--data-dir", noDatabase], {}, message);
  await refusesToStart(["--database-url", `file:${join(noDatabase, "scim.db")}`], {}, message);

  const foreign = dataDir();
  foreignDatabase(join(foreign, "scim.db"));
  await refusesToStart(["--data-dir", foreign], {}, /belongs to another program.*--data-dir/);
  const again = new DatabaseSync(join(foreign, "scim.db"));
  assert.deepEqual(
    again
      .prepare("SELECT name FROM sqlite_master")
      .all()
      .map(({ name }) => name),
    ["books"],
  );
  again.close();
});

test("a file that is not a database, or another program's database, writes nothing to the backup target", async () => {
  for (const [write, message] of [
    [(file: string) => writeFileSync(file, "x".repeat(10_000)), /scim\.db: file is not a database\. .*--data-dir/],
    [foreignDatabase, /belongs to another program.*--data-dir/],
  ] as const) {
    const data = dataDir();
    const target = dataDir();
    write(join(data, "scim.db"));
    await refusesToStart(["--data-dir", data], { BACKUP_TARGET: target }, message);
    const left = readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.deepEqual(left, []);
    // As an earlier tool may leave it.
    write(join(target, "scim.db"));
    await refusesToStart([], { BACKUP_TARGET: target }, /holds only scim\.db/);
  }
});

test("--init with a missing file restores nothing into it and starts no new database", async () => {
  const target = join(folder, "target");
  mkdirSync(join(target, "replica/log"), { recursive: true });
  writeFileSync(join(target, "replica/log/0000000000000001"), "x");
  const file = join(dataDir(), "mistyped.db");
  const message = new RegExp(
    `--init would make ${file} the database of .*, but there is no such file\\. .*--database-url`,
  );
  await refusesToStart(["--database-url", `file:${file}`, "--init"], { BACKUP_TARGET: target }, message);
  assert.equal(existsSync(file), false);
});
