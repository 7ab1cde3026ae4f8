import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { type Cluster, startCluster } from "../store/postgres/testing/cluster.ts";
import { COLUMNS } from "../store/sql/columns.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import { KEPT_TABLES, TABLES } from "../store/transfer/tables.ts";
import { startApplication, TEST_ADMIN_SECRET, testFolder } from "../testing/application.ts";
import type { AnyJson, Client } from "../testing/client.ts";
import { runCommand } from "../testing/command.ts";
import { populate } from "../testing/population.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const DEVICE = "urn:example:params:scim:schemas:Device";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());

/** Where a server has its database. */
type Place = { readonly databaseFile: string } | { readonly postgresUrl: string };

function newFolder(t: TestContext): string {
  const folder = testFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function locationOf(place: Place): string {
  return "postgresUrl" in place ? place.postgresUrl : `file:${place.databaseFile}`;
}

const migrate = (from: Place, to: Place) => runCommand(["migrate", "--from", locationOf(from), "--to", locationOf(to)]);

async function withServer<T>(place: Place, work: (clients: Clients) => Promise<T>): Promise<T> {
  const application = await startApplication(place);
  const admin = application.connect(TEST_ADMIN_SECRET, "/api");
  const custom = application.connect(TEST_ADMIN_SECRET, "/api/endpoints/hr/scim/v2");
  try {
    return await work({ scim: application.client, custom, admin });
  } finally {
    await application.close();
  }
}

type Clients = Readonly<Record<"scim" | "custom" | "admin", Client>>;

const DEVICE_TYPE = {
  schemas: [
    {
      id: DEVICE,
      name: "Device",
      attributes: [
        { name: "displayName", type: "string" },
        { name: "serialNumber", type: "string", uniqueness: "server", caseExact: true },
        { name: "cores", type: "integer" },
        { name: "boughtAt", type: "dateTime" },
      ],
    },
  ],
  resourceTypes: [{ name: "Device", endpoint: "/Devices", schema: DEVICE }],
  indexed: ["Device:cores", "Device:boughtAt", "User:title"],
};

async function made(answer: Promise<AnyJson>): Promise<AnyJson> {
  const { status, text, body } = await answer;
  assert.ok(status < 300, text);
  return body;
}

/** Uses every table. */
async function fill({ scim, custom, admin }: Clients): Promise<void> {
  await made(admin.post("/endpoints", { name: "hr", settings: DEVICE_TYPE }));
  const token = await made(admin.post("/endpoints/hr/credentials", { kind: "token", label: "HR" }));
  assert.ok(token.secret ?? token.token, JSON.stringify(token));
  const trust = { label: "Contoso", issuer: "https://login.example.com/", audience: "scim", tenant: "t1" };
  await made(admin.post("/endpoints/hr/trusts", trust));
  const ids: string[] = [];
  for (let index = 0; index < 30; index++) {
    const user = await made(
      scim.post("/Users", {
        schemas: [USER, ENTERPRISE],
        userName: `Müller-${index}`,
        externalId: `E${index}`,
        title: index === 3 ? "has a \u0001 in it" : `Title ${index}`,
        active: index % 3 !== 0,
        name: { familyName: "Müller", givenName: `Jürgen ${index}` },
        emails: [{ value: `M${index}@Example.com`, type: "work", primary: true }],
        [ENTERPRISE]: { employeeNumber: String(index), ...(index > 0 && { manager: { value: ids[0] } }) },
      }),
    );
    ids.push(user.id);
  }
  const members = [...ids.map((value) => ({ value })), { value: "a-member-nobody-knows" }];
  const group = await made(scim.post("/Groups", { schemas: [GROUP], displayName: "Everyone", members }));
  await made(scim.post("/Groups", { schemas: [GROUP], displayName: "Outer", members: [{ value: group.id }] }));
  await made(scim.patch(`/Users/${ids[5]}`, [{ op: "replace", path: "displayName", value: "Renamed" }]));
  await made(scim.delete(`/Users/${ids[6]}`));
  assert.equal((await scim.post("/Users", { schemas: [USER], userName: "MÜLLER-7" })).status, 409);
  assert.equal((await scim.get("/Users/unknown?filter=%80")).status, 400);
  for (const cores of [4, 16]) {
    const device = { serialNumber: `S${cores}`, cores, boughtAt: "2026-05-03T12:00:00Z", displayName: "Laptop" };
    await made(custom.post("/Devices", { schemas: [DEVICE], ...device }));
  }
}

const QUERIES = [
  "/Users?count=100&sortBy=userName",
  '/Users?filter=userName eq "MÜLLER-7"',
  '/Users?filter=emails.value eq "m9@example.com" or active eq false&attributes=userName,active',
  '/Users?filter=title co "\\u0001"',
  `/Users?filter=${ENTERPRISE}:manager.value pr&count=2&startIndex=20`,
  "/Groups",
  '/Groups?filter=members.value eq "a-member-nobody-knows"',
];
const CUSTOM_QUERIES = [
  "/Devices?filter=cores gt 5",
  '/Devices?filter=boughtAt lt "2026-06-01T00:00:00Z"&sortBy=cores',
];
const ADMIN_QUERIES = [
  "/endpoints/hr/credentials",
  "/endpoints/hr/trusts",
  "/exchanges?limit=100&before=40",
  "/exchanges?limit=100&before=40&q=renamed",
  "/exchanges?limit=100&before=40&q=jürgen 12",
];

/** What a server answers. Times of use change, and these requests are recorded, too. */
async function answersOf({ scim, custom, admin }: Clients): Promise<string[]> {
  const answers: string[] = [];
  for (const [client, queries] of [
    [admin, ADMIN_QUERIES],
    [scim, QUERIES],
    [custom, CUSTOM_QUERIES],
  ] as const) {
    for (const query of queries) {
      const { status, text } = await client.get(encodeURI(query));
      assert.equal(status, 200, `${query}: ${text}`);
      answers.push(
        `${query}: ${text.replace(/"(?:lastUsed|total)":[^,}]+/g, "").replace(/http:\/\/127\.0\.0\.1:\d+/g, "")}`,
      );
    }
  }
  return answers;
}

/** Whether searching found something; otherwise equal answers would say little. */
function assertTelling(answers: readonly string[]): void {
  for (const answer of answers) assert.doesNotMatch(answer, /"totalResults":0|"exchanges":\[\]/);
}

const UNCOMPARED = /^(?:sqlite_|exchange_words|scimtool_schema|commit_mark)/;

/** All rows of all tables, except those of single processes and the index of words. */
async function contentsOf(place: Place): Promise<Record<string, string[]>> {
  const contents: Record<string, string[]> = {};
  const add = (table: string, rows: readonly AnyJson[]) => {
    const kept = rows
      .filter(({ kind }) => table !== "credential" || kind !== "session")
      .map(({ slot, ...row }) => JSON.stringify(row));
    if (!UNCOMPARED.test(table)) contents[table] = kept.sort();
  };
  if ("databaseFile" in place) {
    const database = new DatabaseSync(place.databaseFile, { readOnly: true });
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    for (const { name } of tables) add(String(name), database.prepare(`SELECT * FROM ${name}`).all());
    add("sequences", database.prepare("SELECT * FROM sqlite_sequence").all());
    database.close();
    return contents;
  }
  const client = new pg.Client({ connectionString: place.postgresUrl });
  await client.connect();
  const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename");
  for (const { tablename } of rows) {
    const from =
      tablename === "population" ? "(SELECT endpoint, type, sum(count) FROM population GROUP BY 1, 2) p" : tablename;
    add(tablename, (await client.query(`SELECT * FROM ${from}`)).rows);
  }
  add(
    "sequences",
    (
      await client.query(
        "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE sequencename <> 'process_number' ORDER BY 1",
      )
    ).rows,
  );
  await client.end();
  return contents;
}

test("migrate moves every column that is not derived", async (t) => {
  const file = join(newFolder(t), "scim.db");
  await openSqliteStore(file).close();
  const database = new DatabaseSync(file);
  const derived = new Set(["user_name", ...COLUMNS.map(({ name }) => String(name))]);
  for (const { name, columns } of [...TABLES, ...KEPT_TABLES]) {
    const own = database.prepare(`PRAGMA table_info(${name})`).all();
    const stored = own.map((column) => String(column["name"])).filter((column) => !derived.has(column));
    assert.deepEqual(columns.map((column) => column.replaceAll('"', "")).sort(), stored.sort(), name);
  }
  database.close();
});

async function roundTrip(first: Place, second: Place, third: Place): Promise<void> {
  const before = await withServer(first, async (clients) => {
    await fill(clients);
    // The exchange log is written after the answers.
    while (!JSON.stringify((await clients.admin.get("/exchanges?limit=1")).body).includes("/Devices")) await sleep(50);
    return answersOf(clients);
  });
  assertTelling(before);
  const contents = await contentsOf(first);
  for (const [from, to] of [
    [first, second],
    [second, third],
  ] as const) {
    const { code, stdout, stderr } = await migrate(from, to);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Migrated 2 endpoints, 34 resources, 31 memberships, \d+ history entries and \d+ exchanges/);
  }
  assert.deepEqual(await contentsOf(first), contents, "the source has changed");
  assert.deepEqual(await contentsOf(third), contents);
  assert.deepEqual(await withServer(second, answersOf), before);
  await withServer(second, async ({ scim }) => {
    const added = await made(scim.post("/Users", { schemas: [USER], userName: "new" }));
    assert.equal((await scim.get(`/Users/${added.id}`)).status, 200);
    assert.equal((await scim.post("/Users", { schemas: [USER], userName: "MÜLLER-8" })).status, 409);
  });
}

test("migrate moves everything from SQLite to PostgreSQL and back", async (t) => {
  const folder = newFolder(t);
  await roundTrip(
    { databaseFile: join(folder, "first.db") },
    { postgresUrl: await cluster.createDatabase() },
    { databaseFile: join(folder, "third.db") },
  );
});

test("migrate moves everything from PostgreSQL to SQLite and back", async (t) => {
  const folder = newFolder(t);
  await roundTrip(
    { postgresUrl: await cluster.createDatabase() },
    { databaseFile: join(folder, "second.db") },
    { postgresUrl: await cluster.createDatabase() },
  );
});

/** A database that takes a while to move. */
async function largeDatabase(file: string): Promise<Place> {
  const store = openSqliteStore(file);
  const { key } = await store.transaction((transaction) =>
    store.endpoints.insert(transaction, { name: "default", settings: {} }, 0),
  );
  await store.close();
  populate(file, { endpoint: key, users: 12_000, groups: 10, groupsOfEach: 2, exchanges: 3_000 });
  const database = new DatabaseSync(file);
  // The values of the bodies, which have no emails.
  database.exec(`DELETE FROM indexed_value;
    INSERT INTO unique_value SELECT endpoint, type, 'displayName', display_name, key FROM resource WHERE type = 'Group'`);
  database.close();
  return { databaseFile: file };
}

/** Starts a migration and kills it when it has come so far. */
async function killed(from: Place, to: Place, hasCome: () => Promise<boolean>): Promise<void> {
  const child = spawn(process.execPath, [MAIN, "migrate", "--from", locationOf(from), "--to", locationOf(to)], {
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  while (child.exitCode === null && !(await hasCome().catch(() => false))) await sleep(5);
  assert.equal(child.exitCode, null, "it ended before it could be killed");
  child.kill("SIGKILL");
  await ended;
}

test("migrate continues after it was killed, and a server does not open an unfinished target", async (t) => {
  const folder = newFolder(t);
  const from = await largeDatabase(join(folder, "large.db"));
  const middle = { postgresUrl: await cluster.createDatabase() };
  const back = { databaseFile: join(folder, "back.db") };
  const client = new pg.Client({ connectionString: middle.postgresUrl });
  await client.connect();
  const rows = async (table: string) => Number((await client.query(`SELECT count(*) FROM ${table}`)).rows[0].count);
  await killed(from, middle, async () => (await rows("resource")) > 2_000);
  await killed(from, middle, async () => (await rows("exchange")) > 500);
  await assert.rejects(startApplication(middle), /scimtool migrate has not finished/);
  const finished = await migrate(from, middle);
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(finished.stdout, /continued after an interruption/);
  await client.end();

  await killed(middle, back, async () => {
    const database = new DatabaseSync(`${back.databaseFile}.migrating`, { readOnly: true });
    try {
      return Number(database.prepare("SELECT count(*) AS count FROM resource").get()?.["count"]) > 2_000;
    } finally {
      // An open connection would keep the log beside the file.
      database.close();
    }
  });
  assert.ok(!existsSync(back.databaseFile));
  const again = await migrate(middle, back);
  assert.match(again.stdout, /continued after an interruption/, again.stderr);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("migrating")),
    [],
  );
  const { sequences: _, ...original } = await contentsOf(from);
  const { sequences: __, ...returned } = await contentsOf(back);
  assert.deepEqual(returned, original);
});

test("migrate refuses a target with data, another source, and detects a damaged target", async (t) => {
  const folder = newFolder(t);
  const from = await largeDatabase(join(folder, "large.db"));
  const other = { databaseFile: join(folder, "other.db") };
  await withServer(other, async () => undefined);
  const to = { postgresUrl: await cluster.createDatabase() };
  const client = new pg.Client({ connectionString: to.postgresUrl });
  await client.connect();
  await killed(
    from,
    to,
    async () => Number((await client.query("SELECT count(*) FROM resource")).rows[0].count) > 2_000,
  );

  const fromOther = await migrate(other, to);
  assert.equal(fromOther.code, 1);
  assert.match(fromOther.stderr, /unfinished migration from another source/);

  await client.query("UPDATE resource SET label = 'damaged' WHERE key = (SELECT min(key) FROM resource)");
  await client.query("DELETE FROM unique_value WHERE ctid IN (SELECT ctid FROM unique_value LIMIT 1)");
  const damaged = await migrate(from, to);
  assert.equal(damaged.code, 1);
  assert.match(damaged.stderr, /resource of endpoint 1: the contents of 12,010 rows; unique_value .*: 12,009 rows/);
  await client.end();

  const filled = { postgresUrl: await cluster.createDatabase() };
  await withServer(filled, async () => undefined);
  const refused = await migrate(from, filled);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /the target is not empty/);
  assert.match((await migrate(filled, other)).stderr, /other\.db exists/);
});
