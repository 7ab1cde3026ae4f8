import { DatabaseSync } from "node:sqlite";
import { withMeta } from "../../packages/server/src/store/resource-body.ts";

/** One group has all users; the others share the remaining memberships. */
export function fillWithGroups(file: string, plan: { groups: number; memberships: number }): void {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN");
    const { key } = database.prepare("SELECT key FROM endpoint WHERE name = 'default'").get() as { key: number };
    const insert = database.prepare(insertGroup);
    for (let at = 0; at < plan.groups; at++) {
      const id = `ffffffff-0000-7000-8000-${String(at).padStart(12, "0")}`;
      const displayName = `Team ${at}`;
      const text = JSON.stringify({ schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], id, displayName });
      const body = withMeta(text, "Group", { id, revision: 1, createdMs, modifiedMs: createdMs });
      insert.run(key, id, createdMs, createdMs, displayName, displayName.toLowerCase(), body);
    }
    const { users } = database.prepare("SELECT count(*) AS users FROM resource WHERE type = 'User'").get() as {
      users: number;
    };
    const perGroup = Math.floor((plan.memberships - users) / (plan.groups - 1));
    database.prepare(insertMembers).run({ endpoint: key, users, perGroup });
    database.prepare("INSERT INTO population (endpoint, type, count) VALUES (?, 'Group', ?)").run(key, plan.groups);
    database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}

const createdMs = Date.UTC(2026, 0, 1);

const insertGroup = `
INSERT INTO resource (endpoint, type, id, revision, created_ms, modified_ms, label, display_name, body)
VALUES (?, 'Group', ?, 1, ?, ?, ?, ?, ?)`;

const insertMembers = `
WITH team AS (
  SELECT key, row_number() OVER (ORDER BY key) - 1 AS i FROM resource WHERE endpoint = :endpoint AND type = 'Group'
),
person AS (
  SELECT key, row_number() OVER (ORDER BY key) - 1 AS i FROM resource WHERE endpoint = :endpoint AND type = 'User'
)
INSERT INTO member (endpoint, "group", member)
SELECT :endpoint, team.key, person.key FROM team JOIN person
ON team.i = 0 OR (person.i - team.i * :perGroup % :users + :users) % :users < :perGroup`;
