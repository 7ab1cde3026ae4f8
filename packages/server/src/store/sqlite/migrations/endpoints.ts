const ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** Columns of texts without regard to letter case. */
const FOLDED = ["user_name", "display_name", "family_name", "given_name", "middle_name"];

/** Settings of endpoints, values of attributes that are unique or indexed by declaration. */
export const ENDPOINTS = `
ALTER TABLE endpoint ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE endpoint ADD COLUMN created_ms INTEGER NOT NULL DEFAULT 0;
-- Set when the endpoint is deleted: it is served no more, and its resources are removed step by step.
ALTER TABLE endpoint ADD COLUMN is_leaving INTEGER NOT NULL DEFAULT 0;
-- Names are compared in composed characters of usual width now. Two that have become one stay two.
${FOLDED.map((column) => `UPDATE OR IGNORE resource SET ${column} = fold(${column}) WHERE ${column} <> fold(${column});`).join("\n")}
UPDATE endpoint SET settings = json_object('profile', profile);
ALTER TABLE endpoint DROP COLUMN profile;

-- Values of unique attributes (RFC 7643 §7), of each type its own. userName of User has an index of its own.
CREATE TABLE unique_value (
  endpoint   INTEGER NOT NULL,
  type       TEXT NOT NULL,
  attribute  TEXT NOT NULL,
  value      NOT NULL,
  resource   INTEGER NOT NULL,
  PRIMARY KEY (endpoint, type, attribute, value)
) WITHOUT ROWID;
INSERT INTO unique_value
  SELECT endpoint, type, 'displayName', display_name, key FROM resource
  WHERE type = 'Group' AND display_name IS NOT NULL;
DROP INDEX group_by_display_name;

-- As before, but for numbers as well.
ALTER TABLE indexed_value RENAME TO indexed_text;
CREATE TABLE indexed_value (
  endpoint   INTEGER NOT NULL,
  attribute  TEXT NOT NULL,
  value      NOT NULL,
  resource   INTEGER NOT NULL,
  PRIMARY KEY (endpoint, attribute, value, resource)
) WITHOUT ROWID;
INSERT INTO indexed_value SELECT * FROM indexed_text;
DROP TABLE indexed_text;
INSERT OR IGNORE INTO indexed_value
  SELECT endpoint, '${ENTERPRISE_USER}:manager.value', body ->> '$."${ENTERPRISE_USER}".manager.value', key FROM resource
  WHERE type = 'User' AND body ->> '$."${ENTERPRISE_USER}".manager.value' IS NOT NULL;
`;
