import { DatabaseSync } from "node:sqlite";

/** The data to write, and the endpoint. */
export type Population = {
  readonly endpoint: number;
  readonly users: number;
  readonly groups: number;
  /** Groups of each user, besides the first group, which contains all. */
  readonly groupsOfEach: number;
  readonly exchanges: number;
};

const FIRST_USER = 1_000;
const FIRST_GROUP = 9_000_000;

export function groupIdAt(index: number): string {
  return `group-${index}`;
}

/** Writes into a database what clients would take minutes to send. */
export function populate(file: string, { endpoint, users, groups, groupsOfEach, exchanges }: Population): void {
  const database = new DatabaseSync(file);
  const numbers = (count: number) =>
    `(WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT ${count}) SELECT i FROM n WHERE ${count} > 0)`;
  const meta = (type: string) => `'meta', json_object('resourceType', '${type}', 'version', 'W/"1"')`;
  database.exec(`
    BEGIN;
    INSERT INTO resource (key, endpoint, type, id, revision, created_ms, modified_ms, label, user_name, body)
      SELECT ${FIRST_USER} + i, ${endpoint}, 'User', 'user-' || i, 1, 0, 0, 'User ' || i, 'user' || i,
        json_object('schemas', json_array('urn:ietf:params:scim:schemas:core:2.0:User'), 'id', 'user-' || i,
          'userName', 'user' || i, 'title', 'Title ' || (i % 100), ${meta("User")}) FROM ${numbers(users)};
    INSERT INTO resource (key, endpoint, type, id, revision, created_ms, modified_ms, label, display_name, body)
      SELECT ${FIRST_GROUP} + i, ${endpoint}, 'Group', 'group-' || i, 1, 0, 0, 'Group ' || i, 'group ' || i,
        json_object('schemas', json_array('urn:ietf:params:scim:schemas:core:2.0:Group'), 'id', 'group-' || i,
          'displayName', 'Group ' || i, ${meta("Group")}) FROM ${numbers(groups)};
    INSERT INTO member (endpoint, "group", member)
      SELECT ${endpoint}, ${FIRST_GROUP}, ${FIRST_USER} + i FROM ${numbers(users)} WHERE ${groups} > 0;
    INSERT INTO member (endpoint, "group", member)
      SELECT ${endpoint}, ${FIRST_GROUP} + 1 + (u.i + 7 * g.i) % (${groups} - 1), ${FIRST_USER} + u.i
        FROM ${numbers(users)} u, ${numbers(groupsOfEach)} g;
    INSERT INTO indexed_value (endpoint, attribute, value, resource)
      SELECT ${endpoint}, 'emails.value', 'user' || i || '@example.com', ${FIRST_USER} + i FROM ${numbers(users)};
    INSERT INTO population (endpoint, type, count) VALUES (${endpoint}, 'User', ${users}), (${endpoint}, 'Group', ${groups})
      ON CONFLICT DO UPDATE SET count = count + excluded.count;
    INSERT INTO exchange (id, endpoint, is_rejected, method, path, query, status, duration_us, queue_us, database_us,
        durable_us, client_address, user_agent, request_id, dialect, severity, is_probe, kinds, sentences, resources,
        details, request_headers, request_body_bytes, response_headers, response_body_bytes)
      SELECT i * 4096, ${endpoint}, 0, 'GET', '/Users', '', 200, i % 5000, 0, 0, 0, '', '', 'request-' || i, 'unknown',
        'info', 0, 'user.read', '["A client read a user."]', '[]', '{}', '[]', 0, '[]', 0 FROM ${numbers(exchanges)};
    INSERT INTO exchange_words (rowid, words)
      SELECT position, 'client reads word' || (position % 20000) FROM exchange ORDER BY position;
    INSERT INTO exchange_size (endpoint, is_rejected, count, bytes) VALUES (${endpoint}, 0, ${exchanges}, 1)
      ON CONFLICT DO UPDATE SET count = count + excluded.count;
    COMMIT`);
  database.close();
}
