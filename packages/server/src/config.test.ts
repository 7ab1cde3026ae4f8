import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { Command, CommanderError } from "commander";
import { type Config, type ConfigInput, completeConfig, configOptions } from "./config.ts";

/** Reads flags as the command line does; only the variables given are set. */
function read(args: readonly string[], env: Readonly<Record<string, string>> = {}): Config {
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
  return completeConfig(command.opts<ConfigInput>());
}

test("without any setting the server is for this machine alone, with its data in ./data", () => {
  assert.deepEqual(read([]), {
    port: 8080,
    host: "127.0.0.1",
    dataDir: resolve("data"),
    databaseFile: resolve("data/scim.db"),
    profile: "tolerant",
    logLevel: "warn",
  });
});

test("every setting is taken from its flag or its variable, and the flag wins", () => {
  const settings: [flag: string, variable: string, value: string, name: keyof Config, expected: unknown][] = [
    ["--port", "PORT", "0", "port", 0],
    ["--port", "PORT", "65535", "port", 65_535],
    ["--host", "HOST", "0.0.0.0", "host", "0.0.0.0"],
    ["--data-dir", "DATA_DIR", "/srv/scim", "databaseFile", "/srv/scim/scim.db"],
    ["--database-url", "DATABASE_URL", "file:/srv/other.db", "databaseFile", "/srv/other.db"],
    ["--database-url", "DATABASE_URL", "file:///srv/other.db", "databaseFile", "/srv/other.db"],
    ["--database-url", "DATABASE_URL", "file:./other.db", "databaseFile", resolve("other.db")],
    ["--scim-shared-secret", "SCIM_SHARED_SECRET", "a.secret~", "scimSharedSecret", "a.secret~"],
    ["--admin-secret", "ADMIN_SECRET", "another", "adminSecret", "another"],
    ["--public-url", "PUBLIC_URL", "https://scim.example.com", "publicUrl", "https://scim.example.com"],
    ["--public-url", "PUBLIC_URL", "HTTPS://Scim.Example.com:443/", "publicUrl", "https://scim.example.com"],
    ["--public-url", "PUBLIC_URL", "http://[::1]:8080", "publicUrl", "http://[::1]:8080"],
    ["--profile", "SCIM_PROFILE", "strict", "profile", "strict"],
    ["--log-level", "LOG_LEVEL", "debug", "logLevel", "debug"],
  ];
  for (const [flag, variable, value, name, expected] of settings) {
    assert.equal(read([flag, value])[name], expected, flag);
    assert.equal(read([], { [variable]: value })[name], expected, variable);
    assert.equal(read([flag, value], { [variable]: "overruled" })[name], expected, `${flag} over ${variable}`);
  }
});

test("a value that cannot be used is refused, naming the flag, the variable and what it has to be", () => {
  const cases: [flag: string, variable: string, values: string[], message: RegExp][] = [
    ["--port", "PORT", ["abc", "65536", "-1", "1.5", "0x10", "", " 80"], /whole number from 0 to 65535/],
    ["--host", "HOST", ["", " "], /must not be empty/],
    ["--data-dir", "DATA_DIR", ["", " "], /must not be empty/],
    ["--profile", "SCIM_PROFILE", ["lax", "Strict", ""], /Allowed choices are tolerant, strict/],
    ["--log-level", "LOG_LEVEL", ["loud", ""], /Allowed choices are trace, .*silent/],
    ["--database-url", "DATABASE_URL", ["/srv/scim.db", "file:", "mysql://host/db", ""], /form file:<path>/],
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
