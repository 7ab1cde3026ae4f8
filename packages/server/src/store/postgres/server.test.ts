import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { TokenCredential } from "@azure/core-auth";
import { connect, type Server, serverAt } from "./server.ts";
import { openPostgresStore } from "./store.ts";
import { makeCertificates, skipWithoutOpenssl } from "./testing/certificates.ts";
import { type StartedServer, startServer } from "./testing/cluster.ts";

const skip = skipWithoutOpenssl();
const ENCRYPTION = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
const PASSWORD = "hunter2-hunter2";

describe("a connection with TLS", { skip }, () => {
  let server: StartedServer;
  let authority: string;
  /** Without sslmode, by the name of the certificate. */
  let url: URL;
  before(async () => {
    server = await startServer(
      { ssl: "on", ssl_cert_file: "../server.crt", ssl_key_file: "../server.key" },
      (folder) => {
        ({ authority } = makeCertificates(folder, join(folder, "data")));
      },
    );
    url = new URL(server.url);
    url.hostname = "localhost";
  });
  after(() => server?.stop());

  const to = (host: string, parameters: Record<string, string>): string => {
    const changed = new URL(url);
    changed.hostname = host;
    for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value);
    return changed.href;
  };

  async function encryptionOf(server: Server): Promise<{ ssl: boolean; version: string }> {
    const client = await connect(server, {});
    const { rows } = await client.query(ENCRYPTION);
    await client.end();
    return rows[0];
  }

  test("is encrypted after host name and authority were checked, by every sslmode except disable", async () => {
    for (const sslmode of ["verify-full", "verify-ca", "require"]) {
      const { ssl, version } = await encryptionOf(serverAt(to("localhost", { sslmode, sslrootcert: authority })));
      assert.deepEqual([ssl, version], [true, "TLSv1.3"], sslmode);
    }
    assert.equal((await encryptionOf(serverAt(to("localhost", { sslmode: "disable" })))).ssl, false);
  });

  test("is refused for another host name or an unknown authority, with what to do", async () => {
    for (const sslmode of ["verify-full", "verify-ca", "require"]) {
      await assert.rejects(
        openPostgresStore(to("127.0.0.1", { sslmode, sslrootcert: authority })),
        /certificate of the database server is not for 127\.0\.0\.1\. Use one of its names as the host of DATABASE_URL/,
      );
      for (const more of [{}, { sslrootcert: "system" }]) {
        await assert.rejects(
          openPostgresStore(to("localhost", { sslmode, ...more })),
          /no known authority has signed the certificate of localhost .*Add sslrootcert=<file> to DATABASE_URL/,
        );
      }
    }
    await assert.rejects(
      openPostgresStore(to("localhost", { sslrootcert: "/nowhere.crt", sslmode: "require" })),
      /nowhere\.crt/,
    );
  });

  test("carries everything that the store does", async () => {
    const store = await openPostgresStore(to("localhost", { sslmode: "verify-full", sslrootcert: authority }));
    await store.endpoints.list(store.committed);
    const client = await connect(serverAt(server.url), {});
    const { rows } = await client.query(
      "SELECT ssl, count(*)::int FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'scimtool%' GROUP BY ssl",
    );
    await client.end();
    assert.deepEqual(rows, [{ ssl: true, count: 3 }]);
    await store.close();
  });
});

describe("a server that refuses the connection", () => {
  let server: StartedServer;
  before(async () => {
    server = await startServer({});
  });
  after(() => server?.stop());

  const changed = (change: (url: URL) => void): string => {
    const url = new URL(server.url);
    url.password = PASSWORD;
    change(url);
    return url.href;
  };

  test("is named with what to do, and never with the password", async () => {
    const cases: [string, RegExp][] = [
      [changed(() => undefined), /^127\.0\.0\.1 rejects the sign-in of "scimtool": password authentication failed/],
      [
        changed((url) => url.searchParams.set("sslmode", "require")),
        /offers no TLS\. Turn it on there, or add sslmode=disable/,
      ],
      [changed((url) => (url.port = "1")), /cannot connect to 127\.0\.0\.1: .*ECONNREFUSED.*Check DATABASE_URL/],
      [
        server.url.replace("/postgres?", "/x?").replace(/\/postgres$/, "/missing"),
        /has no database "missing". Create it: CREATE DATABASE missing/,
      ],
    ];
    for (const [url, expected] of cases) {
      await assert.rejects(openPostgresStore(url), (error: Error) => {
        assert.match(error.message, expected);
        assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, new RegExp(PASSWORD));
        return true;
      });
    }
  });
});

describe("a user with few rights", () => {
  let server: StartedServer;
  let admin: Awaited<ReturnType<typeof connect>>;
  /** Of the user, in a database of the administrator. */
  let url: string;
  before(async () => {
    server = await startServer({});
    admin = await connect(serverAt(server.url), {});
    await admin.query("CREATE ROLE \"scimtool-id\" LOGIN PASSWORD 'few'");
    await admin.query("CREATE DATABASE scimtool");
    url = server.url.replace("scimtool:scimtool@", "scimtool-id:few@").replace(/\/postgres$/, "/scimtool");
  });
  after(async () => {
    await admin?.end();
    await server?.stop();
  });

  async function run(statement: string): Promise<void> {
    const there = await connect(serverAt(server.url.replace(/\/postgres$/, "/scimtool")), {});
    await there.query(statement);
    await there.end();
  }

  test("needs only to create tables, and the error of a start says how to allow it", async () => {
    await assert.rejects(
      openPostgresStore(url),
      /the user "scimtool-id" lacks a right: permission denied for schema public\. .*connect to the database scimtool and run: GRANT CREATE ON SCHEMA public TO "scimtool-id"$/,
    );
    await run('GRANT CREATE ON SCHEMA public TO "scimtool-id"');
    const store = await openPostgresStore(url);
    await store.transaction((transaction) => store.endpoints.insert(transaction, { name: "default", settings: {} }, 0));
    await store.close();
  });

  test("can take over the tables of another user, by what the error says", async () => {
    await run("CREATE ROLE successor LOGIN PASSWORD 'few'; GRANT CREATE ON SCHEMA public TO successor");
    const successor = url.replace("scimtool-id:", "successor:");
    await assert.rejects(
      openPostgresStore(successor),
      /permission denied for table scimtool_schema\. .*REASSIGN OWNED BY <the user that created the tables> TO "successor"$/,
    );
    await run('REASSIGN OWNED BY "scimtool-id" TO successor');
    await (await openPostgresStore(successor)).close();
  });
});

describe("signing in with Microsoft Entra ID", () => {
  let server: StartedServer;
  let admin: Awaited<ReturnType<typeof connect>>;
  before(async () => {
    server = await startServer({});
    admin = await connect(serverAt(server.url), {});
    await admin.query("CREATE ROLE identity LOGIN");
    await admin.query("CREATE DATABASE scim OWNER identity");
  });
  after(async () => {
    await admin?.end();
    await server?.stop();
  });

  test("uses a token as the password, and a new one for new connections before it expires", async () => {
    const asked: unknown[] = [];
    let token = "";
    let expiresOnTimestamp = 0;
    const issue = async (lastsMs: number) => {
      token = `token-${asked.length}-${lastsMs}`;
      expiresOnTimestamp = Date.now() + lastsMs;
      await admin.query(`ALTER ROLE identity PASSWORD '${token}'`);
    };
    const credential: TokenCredential = {
      getToken: async (scope) => {
        asked.push(scope);
        return { token, expiresOnTimestamp };
      },
    };
    await issue(3_600_000);
    const url = new URL(server.url.replace("scimtool:scimtool@", "identity@").replace(/\/postgres$/, "/scim"));
    url.searchParams.set("auth", "entra");
    const store = await openPostgresStore(url.href, { credential });
    const list = () => Promise.all(Array.from({ length: 4 }, () => store.endpoints.list(store.committed)));
    await list();
    assert.deepEqual(asked, [["https://ossrdbms-aad.database.windows.net/.default"]]);
    await store.close();

    // It has as good as expired, so each new connection waits for another.
    asked.length = 0;
    await issue(500);
    const next = await openPostgresStore(url.href, { credential });
    await issue(3_600_000);
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'identity'");
    await next.endpoints.list(next.committed);
    assert.ok(asked.length >= 2, `${asked.length}`);
    await next.close();
  });

  test("without an identity is explained in one sentence", async () => {
    const { CredentialUnavailableError } = await import("@azure/identity");
    const credential: TokenCredential = {
      getToken: async () => {
        throw new CredentialUnavailableError("no credential\nand every attempt");
      },
    };
    await assert.rejects(
      openPostgresStore(`${server.url.replace("scimtool:scimtool@", "identity@")}?auth=entra`, { credential }),
      /^Error: Microsoft Entra ID gives no access token for the database \(no credential\)\. .*run az login$/,
    );
  });

  test("that the database refuses is explained", async () => {
    const credential: TokenCredential = {
      getToken: async () => ({ token: "wrong", expiresOnTimestamp: Date.now() + 3_600_000 }),
    };
    const url = server.url.replace("scimtool:scimtool@", "identity@");
    await assert.rejects(
      openPostgresStore(`${url}?auth=entra`, { credential }),
      /rejects the access token of "identity" .*The user must have the name of the identity/,
    );
  });
});
