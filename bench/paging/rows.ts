/** Fills a database that the program created, much faster than over HTTP. */
import { DatabaseSync } from "node:sqlite";

/** Odd and not a multiple of 5: its multiples visit every number below a power of ten once. */
const scatter = 7919;

/**
 * Adds users to the default endpoint, each with a userName and nine of ten with a displayName, in different orders.
 * Values that only other lists need are omitted.
 */
export function fillWithUsers(file: string, users: number): void {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN");
    database.prepare(insertUsers).run(users, users, users);
    const { key } = database.prepare("SELECT key FROM endpoint WHERE name = 'default'").get() as { key: number };
    database.prepare("INSERT INTO population (endpoint, type, count) VALUES (?, 'User', ?)").run(key, users);
    database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}

const insertUsers = `
WITH RECURSIVE number (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i + 1 < ?),
person AS (
  SELECT i,
    printf('%08x-0000-7000-8000-%012x', i, i) AS id,
    printf('user%07d@contoso.example', i * ${scatter} % ?) AS user_name,
    iif(i % 10 = 0, NULL, printf('Person %07d', i * ${scatter} * 3 % ?)) AS display_name,
    1767225600000 + i * 10 AS ms
  FROM number
)
INSERT INTO resource
  (endpoint, type, id, revision, created_ms, modified_ms, label, user_name, display_name, active, body)
SELECT (SELECT key FROM endpoint WHERE name = 'default'), 'User', id, 1, ms, ms, user_name, user_name,
  lower(display_name), i % 2,
  json_patch(
    json_object(
      'schemas', json_array('urn:ietf:params:scim:schemas:core:2.0:User'), 'id', id, 'userName', user_name,
      'active', json(iif(i % 2, 'true', 'false')), 'name', json_object('formatted', printf('%.550c', 'x'))
    ),
    json_object('displayName', display_name)
  )
FROM person`;
