import assert from "node:assert/strict";
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { test } from "node:test";
import { Command, CommanderError } from "commander";
import { sourcesOf } from "./cli/command.ts";
import { type Config, type ConfigInput, completeConfig, configOptions, effectiveSettings } from "./config.ts";
import { testFolder } from "./testing/application.ts";

/** Reads flags as the command line does; only the variables given are set. */
function read(args: readonly string[], env: Readonly<Record<string, string>> = {}): Config {
  return completeConfig(parse(args, env).opts<ConfigInput>());
}

function parse(args: readonly string[], env: Readonly<Record<string, string>>): Command {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const option of configOptions()) command.addOption(option);
  const before = { ...process.env };
  for (const { envVar = "" } of command.options) delete process.env[envVar];
  Object.assign(process.env, env);
  try {
    command.parse(args, { from: "user" });
  } finally {
    process.env = before;
  }
  return command;
}

test("settings are shown with their sources, and without secrets", () => {
  const env = {
    HOST: "0.0.0.0",
    ADMIN_SECRET: "never-to-be-shown-1",
    SCIM_SHARED_SECRET_FILE: "/run/secrets/scim",
    BACKUP_TARGET: "https://account.blob.core.windows.net/data?sv=1&sig=never-to-be-shown",
    BACKUP_INTERVAL: "90s",
  };
  const command = parse(["--port", "9000"], env);
  const shown = effectiveSettings(command.opts<ConfigInput>(), sourcesOf(command));
  assert.doesNotMatch(JSON.stringify(shown), /never-to-be-shown/);
  const found = Object.fromEntries(shown.map(({ flag, value, source }) => [flag, [value, source]]));
  assert.deepEqual(
    {
      "--port": ["9000", "flag"],
      "--host": ["0.0.0.0", "environment"],
      "--admin-secret": ["set", "environment"],
      "--scim-shared-secret": ["set", "file"],
      "--viewer-secret": [null, "default"],
      "--backup-target": ["https://account.blob.core.windows.net/data", "environment"],
      "--backup-interval": ["1 min 30 s", "environment"],
      "--search-timeout": ["10s", "default"],
    },
    Object.fromEntries(
      [
        "port",
        "host",
        "admin-secret",
        "scim-shared-secret",
        "viewer-secret",
        "backup-target",
        "backup-interval",
        "search-timeout",
      ].map((name) => [`--${name}`, found[`--${name}`]]),
    ),
  );
});

test("without settings the server listens on this machine only, with its data in ./data", () => {
  assert.deepEqual(read([]), {
    port: 8080,
    host: "127.0.0.1",
    dataDir: resolve("data"),
    postgresUrl: undefined,
    databaseFile: resolve("data/scim.db"),
    issuerHosts: [],
    recording: "on",
    updateCheck: "on",
    logLevel: "warn",
    searchTimeoutMs: 10_000,
    backupDurability: "semi-sync",
    backupIntervalMs: 300_000,
    backupRetentionMs: 7 * 86_400_000,
    connectionLimits: {
      maxConnections: 2_000,
      maxConnectionsPerAddress: 1_000,
      headersTimeoutMs: 15_000,
      requestTimeoutMs: 60_000,
      sendTimeoutMs: 30_000,
      maxBufferedBytes: 128 * 1_024 * 1_024,
    },
    init: false,
  });
});

test("every setting comes from its flag or its variable, and the flag wins", () => {
  const settings: [flag: string, variable: string, value: string, name: keyof Config, expected: unknown][] = [
    ["--port", "PORT", "0", "port", 0],
    ["--port", "PORT", "65535", "port", 65_535],
    ["--host", "HOST", "0.0.0.0", "host", "0.0.0.0"],
    ["--data-dir", "DATA_DIR", "/srv/scim", "databaseFile", "/srv/scim/scim.db"],
    ["--database-url", "DATABASE_URL", "file:/srv/other.db", "databaseFile", "/srv/other.db"],
    ["--database-url", "DATABASE_URL", "file:///srv/other.db", "databaseFile", "/srv/other.db"],
    ["--database-url", "DATABASE_URL", "file:./other.db", "databaseFile", resolve("other.db")],
    ["--cache-mb", "CACHE_MB", "256", "cacheMb", 256],
    ["--search-timeout", "SEARCH_TIMEOUT", "1m", "searchTimeoutMs", 60_000],
    ["--scim-shared-secret", "SCIM_SHARED_SECRET", "a.scim.secret~", "scimSharedSecret", "a.scim.secret~"],
    ["--admin-secret", "ADMIN_SECRET", "another-secret", "adminSecret", "another-secret"],
    ["--viewer-secret", "VIEWER_SECRET", "a-third-secret", "viewerSecret", "a-third-secret"],
    ["--public-url", "PUBLIC_URL", "https://scim.example.com", "publicUrl", "https://scim.example.com"],
    ["--public-url", "PUBLIC_URL", "HTTPS://Scim.Example.com:443/", "publicUrl", "https://scim.example.com"],
    ["--public-url", "PUBLIC_URL", "http://[::1]:8080", "publicUrl", "http://[::1]:8080"],
    ["--issuer-hosts", "ISSUER_HOSTS", "10.0.0.5", "issuerHosts", ["10.0.0.5"]],
    ["--issuer-hosts", "ISSUER_HOSTS", "Login.Example, [fd00::1]", "issuerHosts", ["login.example", "[fd00::1]"]],
    ["--profile", "SCIM_PROFILE", "strict", "profile", "strict"],
    ["--recording", "RECORDING", "off", "recording", "off"],
    ["--update-check", "UPDATE_CHECK", "off", "updateCheck", "off"],
    ["--log-level", "LOG_LEVEL", "debug", "logLevel", "debug"],
    ["--backup-target", "BACKUP_TARGET", "/mnt/backup", "backupTarget", "/mnt/backup"],
    ["--backup-durability", "BACKUP_DURABILITY", "sync", "backupDurability", "sync"],
    ["--backup-interval", "BACKUP_INTERVAL", "300", "backupIntervalMs", 300_000],
    ["--backup-interval", "BACKUP_INTERVAL", "90s", "backupIntervalMs", 90_000],
    ["--backup-interval", "BACKUP_INTERVAL", "5m", "backupIntervalMs", 300_000],
    ["--backup-interval", "BACKUP_INTERVAL", "1h", "backupIntervalMs", 3_600_000],
    ["--backup-retention", "BACKUP_RETENTION", "30d", "backupRetentionMs", 30 * 86_400_000],
  ];
  for (const [flag, variable, value, name, expected] of settings) {
    assert.deepEqual(read([flag, value])[name], expected, flag);
    assert.deepEqual(read([], { [variable]: value })[name], expected, variable);
    assert.deepEqual(read([flag, value], { [variable]: "overruled" })[name], expected, `${flag} over ${variable}`);
  }
});

test("the limits on connections come from their flags and variables", () => {
  const { connectionLimits } = read(["--max-connections", "50", "--headers-timeout", "5s", "--max-buffered-mb", "16"], {
    MAX_CONNECTIONS_PER_ADDRESS: "40",
    REQUEST_TIMEOUT: "2m",
    SEND_TIMEOUT: "10",
  });
  assert.deepEqual(connectionLimits, {
    maxConnections: 50,
    maxConnectionsPerAddress: 40,
    headersTimeoutMs: 5_000,
    requestTimeoutMs: 120_000,
    sendTimeoutMs: 10_000,
    maxBufferedBytes: 16 * 1_024 * 1_024,
  });
});

test("an invalid value is rejected, naming the flag, the variable and what it must be", () => {
  const cases: [flag: string, variable: string, values: string[], message: RegExp][] = [
    ["--port", "PORT", ["abc", "65536", "-1", "1.5", "0x10", "", " 80"], /whole number from 0 to 65535/],
    ["--host", "HOST", ["", " "], /must not be empty/],
    ["--cache-mb", "CACHE_MB", ["", "3", "65537", "1.5", "256MB"], /whole number of megabytes from 4 to 65536/],
    ["--max-connections", "MAX_CONNECTIONS", ["", "0", "-1", "1.5", "1000001"], /whole number from 1 to 1000000/],
    ["--send-timeout", "SEND_TIMEOUT", ["", "0", "500ms", "2h"], /from 1s to 1h/],
    ["--data-dir", "DATA_DIR", ["", " "], /must not be empty/],
    ["--issuer-hosts", "ISSUER_HOSTS", ["", "a:8443", "https://a", "a,,b", "a/b"], /host names without a port/],
    ["--profile", "SCIM_PROFILE", ["lax", "Strict", ""], /Allowed choices are tolerant, strict, interop/],
    ["--recording", "RECORDING", ["no", ""], /Allowed choices are on, off/],
    ["--log-level", "LOG_LEVEL", ["loud", ""], /Allowed choices are trace, .*silent/],
    ["--backup-durability", "BACKUP_DURABILITY", ["safe", ""], /Allowed choices are async, semi-sync, sync/],
    [
      "--backup-interval",
      "BACKUP_INTERVAL",
      ["", "0", "-1", "5 m", "1.5h", "5x", "25d"],
      /such as 300, 300s, .*from 1s/,
    ],
    ["--backup-retention", "BACKUP_RETENTION", ["", "59s", "week", "9999999d"], /from 1m to 3650d/],
    [
      "--public-url",
      "PUBLIC_URL",
      ["scim.example.com", "ftp://example.com", "https://example.com/scim", "https://example.com?x", ""],
      /a scheme and a host only, such as https:\/\/scim\.example\.com/,
    ],
  ];
  const refuses = (run: () => void, ...parts: (RegExp | string)[]) => {
    assert.throws(run, (error) => {
      assert.ok(error instanceof CommanderError);
      for (const part of parts) assert.match(error.message, typeof part === "string" ? new RegExp(part) : part);
      return true;
    });
  };
  for (const [flag, variable, values, message] of cases) {
    for (const value of values) {
      refuses(() => read([`${flag}=${value}`]), `option '${flag} <`, message);
      refuses(() => read([], { [variable]: value }), `option '${flag} <`, `env '${variable}'`, message);
    }
  }
});

test("all paths through symbolic links lead to the same database, because the lock file is beside it", (t) => {
  const folder = testFolder();
  t.after(() => rmSync(folder, { recursive: true }));
  const [file, link] = [join(folder, "own.db"), join(folder, "link.db")];
  writeFileSync(file, "");
  symlinkSync(file, link);
  symlinkSync(file, join(folder, "scim.db"));
  for (const args of [
    ["--database-url", `file:${file}`],
    ["--database-url", `file:${link}`],
    ["--data-dir", folder],
  ])
    assert.equal(read(args).databaseFile, realpathSync(file));
});

test("the message about an invalid database URL does not repeat the value, which may contain a password", () => {
  for (const value of [
    "/srv/scim.db",
    "file:",
    "mysql://app:hunter2@host/db",
    "postgres://app:hunter2@host",
    "file://data/scim.db",
    "",
  ]) {
    for (const run of [() => read(["--database-url", value]), () => read([], { DATABASE_URL: value })]) {
      assert.throws(
        run,
        ({ message }: Error) =>
          /DATABASE_URL.*must (?:be file:<path>|name a database)/.test(message) && !/hunter2/.test(message),
      );
    }
  }
});

test("a PostgreSQL database has no backup target, and its password stays secret", () => {
  const url = "postgres://app:hunter2@db.example.com/scim?sslmode=verify-full";
  assert.equal(read(["--database-url", url]).postgresUrl, url);
  assert.equal(read([]).postgresUrl, undefined);
  assert.throws(
    () => read(["--database-url", url, "--backup-target", "/mnt/backup"]),
    ({ message }: Error) => /BACKUP_TARGET.*does not apply/.test(message) && !/hunter2/.test(message),
  );
});

test("plaintext to another machine, unknown parameters and unsafe modes are rejected without the password", () => {
  const cases: [string, RegExp][] = [
    ["db.example.com/scim?sslmode=prefer", /sslmode=prefer is not supported.*verify-full, or disable/],
    ["db.example.com/scim?sslmode=no-verify", /sslmode=no-verify is not supported/],
    ["db.example.com/scim?statement_timeout=0", /unknown parameters: statement_timeout\. Known are sslmode/],
    ["one.example.com:5432,two.example.com/scim", /several hosts are not supported/],
    [
      "db.example.com/scim?auth=entra",
      /auth=entra must have the database's name of the identity as user, and no password/,
    ],
  ];
  for (const [rest, expected] of cases) {
    assert.throws(
      () => read(["--database-url", `postgres://app:hunter2@${rest}`]),
      ({ message }: Error) =>
        /^--database-url \(DATABASE_URL\) /.test(message) && expected.test(message) && !/hunter2/.test(message),
      rest,
    );
  }
  const entra = "postgres://app@db.example.com/scim?auth=entra";
  assert.throws(() => read(["--database-url", `${entra}&sslmode=disable`]), /auth=entra needs TLS/);
  assert.equal(read(["--database-url", entra]).postgresUrl, entra);
});

test("a public URL with a password is rejected without repeating it", () => {
  for (const value of ["https://app:hunter2@scim.example.com", "https://app:hunter2@scim.example.com/scim"]) {
    for (const run of [() => read(["--public-url", value]), () => read([], { PUBLIC_URL: value })]) {
      assert.throws(
        run,
        ({ message }: Error) =>
          /PUBLIC_URL.*must not contain a user name or password/.test(message) && !/hunter2/.test(message),
      );
    }
  }
});

test("--init is a flag only: a forgotten variable would start from scratch every time", () => {
  assert.equal(read(["--init"]).init, true);
  assert.equal(read([], { INIT: "1", BACKUP_INIT: "1" }).init, false);
});

test("a target that is the database's own folder is rejected, however it is written", (t) => {
  const folder = testFolder();
  t.after(() => rmSync(folder, { recursive: true }));
  const data = join(folder, "data");
  mkdirSync(data);
  symlinkSync(data, join(folder, "link"));
  for (const target of [data, `${data}/`, join(folder, "link"), `file://${data}`, relative(process.cwd(), data)]) {
    assert.throws(
      () => read(["--data-dir", data], { BACKUP_TARGET: target }),
      /BACKUP_TARGET.* folder of the database/,
    );
  }
  const url = `file:${join(folder, "scim.db")}`;
  assert.throws(() => read(["--database-url", url], { BACKUP_TARGET: folder }), /BACKUP_TARGET/);
  assert.equal(read(["--data-dir", data], { BACKUP_TARGET: join(data, "backup") }).backupTarget, join(data, "backup"));
});

test("an invalid target is rejected without showing it", () => {
  for (const target of [" ", "file://elsewhere/mnt?sig=secret"]) {
    assert.throws(
      () => read([], { BACKUP_TARGET: target }),
      ({ message }: Error) => /--backup-target \(BACKUP_TARGET\)/.test(message) && !/secret/.test(message),
    );
  }
});

test("the viewer secret must differ from the others, and fit in a header", () => {
  const others = { SCIM_SHARED_SECRET: "secret-of-scim", ADMIN_SECRET: "secret-of-admins" };
  assert.equal(read([], { ...others, VIEWER_SECRET: "secret-of-viewers" }).viewerSecret, "secret-of-viewers");
  for (const other of Object.values(others)) {
    assert.throws(() => read([], { ...others, VIEWER_SECRET: other }), /VIEWER_SECRET is the same as another secret/);
  }
  assert.throws(
    () => read([], { VIEWER_SECRET: "with blanks" }),
    ({ message }: Error) => /--viewer-secret \(VIEWER_SECRET\)/.test(message) && !/with blanks/.test(message),
  );
});

test("a short secret is rejected by name, without repeating it", () => {
  for (const [flag, variable] of [
    ["--scim-shared-secret", "SCIM_SHARED_SECRET"],
    ["--admin-secret", "ADMIN_SECRET"],
    ["--viewer-secret", "VIEWER_SECRET"],
  ] as const) {
    assert.throws(
      () => read([], { [variable]: "elevenchars" }),
      ({ message }: Error) =>
        message.startsWith(`${flag} (${variable}) has fewer than 12 characters`) &&
        /Set a random one: openssl rand -hex 32/.test(message) &&
        !/elevenchars/.test(message),
    );
    assert.doesNotThrow(() => read([], { [variable]: "twelve-chars" }));
  }
});

test("a secret can come from a file, without the line break at its end", (t) => {
  const folder = testFolder();
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "secret");
  for (const [flag, variable, name] of [
    ["--scim-shared-secret-file", "SCIM_SHARED_SECRET", "scimSharedSecret"],
    ["--admin-secret-file", "ADMIN_SECRET", "adminSecret"],
    ["--viewer-secret-file", "VIEWER_SECRET", "viewerSecret"],
  ] as const) {
    writeFileSync(file, "secret-of-a-file\r\n");
    assert.equal(read([flag, file])[name], "secret-of-a-file");
    assert.equal(read([], { [`${variable}_FILE`]: file })[name], "secret-of-a-file");
    assert.throws(
      () => read([], { [`${variable}_FILE`]: file, [variable]: "another-secret" }),
      new RegExp(`${variable}\\) and .*${variable}_FILE\\) are set`),
    );
    assert.throws(() => read([flag, join(folder, "none")]), new RegExp(`${variable}_FILE\\): cannot read .*ENOENT`));
    for (const [content, problem] of [
      ["", /is not valid/],
      ["two words-and-more", /is not valid/],
      ["elevenchars", /fewer than 12 characters/],
    ] as const) {
      writeFileSync(file, content);
      assert.throws(
        () => read([flag, file]),
        ({ message }: Error) =>
          problem.test(message) &&
          message.startsWith(`The secret in ${file} (${variable}_FILE)`) &&
          (content === "" || !message.includes(content)),
      );
    }
  }
});
