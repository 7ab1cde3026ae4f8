import { DatabaseSync } from "node:sqlite";

/** A bearer token in the request log of {@link writeEarlierDatabase}. */
export const LOGGED_TOKEN = "S3cr3tScimToken-of-the-earlier-version";

const GRACE = {
  displayName: "Grace",
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { manager: { value: "nobody" } },
};

/** Writes a database as SCIMTool 0.7 and 0.8 do. @param more number of further users */
export function writeEarlierDatabase(file: string, more = 0): void {
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TABLE ScimUser (id TEXT PRIMARY KEY, scimId TEXT UNIQUE, externalId TEXT, userName TEXT, active BOOLEAN,
      rawPayload TEXT, meta TEXT, createdAt DATETIME, updatedAt DATETIME);
    CREATE TABLE ScimGroup (id TEXT PRIMARY KEY, scimId TEXT UNIQUE, displayName TEXT, rawPayload TEXT, meta TEXT,
      createdAt DATETIME, updatedAt DATETIME);
    CREATE TABLE GroupMember (id TEXT PRIMARY KEY, groupId TEXT, userId TEXT, value TEXT, type TEXT, display TEXT, createdAt DATETIME);
    CREATE TABLE RequestLog (id TEXT PRIMARY KEY, method TEXT, url TEXT, status INTEGER, durationMs INTEGER,
      requestHeaders TEXT, requestBody TEXT, responseHeaders TEXT, responseBody TEXT, errorMessage TEXT, errorStack TEXT, createdAt DATETIME);
    CREATE TABLE _prisma_migrations (id TEXT);
    BEGIN;`);
  const created = Date.parse("2025-10-01T08:00:00Z");
  const insertUser = database.prepare("INSERT INTO ScimUser VALUES (?, ?, ?, ?, ?, ?, '{}', ?, ?)");
  const user = (at: number, userName: string, payload: object, active = 1, createdAt: number | string = created + at) =>
    insertUser.run(`u${at}`, userId(at), `ext-${at}`, userName, active, JSON.stringify(payload), createdAt, created);
  user(1, "ada@example.com", {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName: "old-name@example.com",
    name: { givenName: "Ada", familyName: "Lovelace" },
    password: "never-to-be-kept",
    'emails[type eq "work"].value': "ada@example.com",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Engines",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { manager: { value: userId(2) } },
    'emails[type eq "broken': "x",
  });
  user(2, "grace@example.com", { ...GRACE, USERNAME: "old-name@example.com" }, 0, "2025-10-01 08:00:00");
  // Names were not unique before October 2025.
  user(3, "ADA@example.com", {});
  user(4, "bad@example.com", { name: { familyName: { no: "text" } } });
  for (let at = 5; at < 5 + more; at++) {
    user(at, `user${at}@example.com`, {
      name: { givenName: `G${at}` },
      'emails[type eq "work"].value': `user${at}@example.com`,
    });
  }
  const insertGroup = database.prepare("INSERT INTO ScimGroup VALUES (?, ?, ?, ?, '{}', ?, ?)");
  insertGroup.run("g1", groupId(1), "Engineers", '{"members":[{"value":"stale"}]}', created, created);
  insertGroup.run("g2", groupId(2), "Everybody", "{}", created, created);
  const insertMember = database.prepare("INSERT INTO GroupMember VALUES (?, ?, ?, ?, 'User', NULL, 0)");
  insertMember.run("m1", "g1", "u1", userId(1));
  insertMember.run("m2", "g1", null, "nobody");
  insertMember.run("m3", "g2", null, groupId(1));
  for (let at = 5; at < 5 + more; at++) insertMember.run(`m${at}`, "g2", `u${at}`, userId(at));
  const log = database.prepare("INSERT INTO RequestLog VALUES (?, ?, ?, ?, 12, ?, ?, '{}', ?, NULL, NULL, ?)");
  const headers = JSON.stringify({ authorization: `Bearer ${LOGGED_TOKEN}`, "user-agent": "test" });
  const body = JSON.stringify({ userName: "ada@example.com", password: LOGGED_TOKEN });
  const recent = Date.now() - 3_600_000;
  log.run("r1", "POST", "/scim/v2/Users", 201, headers, body, "{}", recent);
  log.run("r2", "GET", `/scim/v2/Users/${userId(1)}?access_token=${LOGGED_TOKEN}`, 200, headers, "null", "{}", recent);
  log.run("r3", "GET", "/scim/v2/Users/x", 404, headers, "null", "{}", new Date(recent + 5).toISOString());
  log.run("r4", "GET", "/scim/v2/Users", 200, headers, "null", "{}", created);
  database.exec("COMMIT");
  database.close();
}

export function userId(at: number): string {
  return `11111111-1111-4111-8111-${String(at).padStart(12, "0")}`;
}

export function groupId(at: number): string {
  return `22222222-2222-4222-8222-${String(at).padStart(12, "0")}`;
}
