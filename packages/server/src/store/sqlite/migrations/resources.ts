import { COLUMNS } from "../columns.ts";

/** Endpoints, credentials, and resources with what is kept as rows beside them. */
export const RESOURCES = `
CREATE TABLE endpoint (
  key      INTEGER PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  profile  TEXT NOT NULL
);
CREATE TABLE credential (
  key          INTEGER PRIMARY KEY,
  purpose      TEXT NOT NULL,
  endpoint     INTEGER REFERENCES endpoint (key),
  label        TEXT NOT NULL,
  secret_hash  TEXT NOT NULL,
  created_ms   INTEGER NOT NULL
);
CREATE UNIQUE INDEX credential_by_label ON credential (purpose, ifnull(endpoint, 0), label);

CREATE TABLE resource (
  key          INTEGER PRIMARY KEY,
  endpoint     INTEGER NOT NULL REFERENCES endpoint (key),
  type         TEXT NOT NULL,
  id           TEXT NOT NULL,
  revision     INTEGER NOT NULL,
  created_ms   INTEGER NOT NULL,
  modified_ms  INTEGER NOT NULL,
  label        TEXT NOT NULL,
  ${COLUMNS.map(({ name, affinity }) => `${name} ${affinity}`).join(",\n    ")},
  body         TEXT NOT NULL
);
CREATE UNIQUE INDEX resource_by_id ON resource (endpoint, id);
CREATE INDEX resource_by_type ON resource (endpoint, type);
CREATE INDEX resource_by_created ON resource (endpoint, type, created_ms);
CREATE INDEX resource_by_modified ON resource (endpoint, type, modified_ms);
${COLUMNS.map(({ name }) => `CREATE INDEX resource_by_${name} ON resource (endpoint, type, ${name}) WHERE ${name} IS NOT NULL;`).join("\n  ")}
-- Uniqueness (RFC 7643 §7) belongs to a type: userName of User, displayName of Group.
DROP INDEX resource_by_user_name;
CREATE UNIQUE INDEX resource_by_user_name ON resource (endpoint, user_name) WHERE user_name IS NOT NULL;
CREATE UNIQUE INDEX group_by_display_name ON resource (endpoint, display_name) WHERE type = 'Group';

-- Values of multi-valued attributes that are indexed, such as emails.value.
CREATE TABLE indexed_value (
  endpoint   INTEGER NOT NULL,
  attribute  TEXT NOT NULL,
  value      TEXT NOT NULL,
  resource   INTEGER NOT NULL,
  PRIMARY KEY (endpoint, attribute, value, resource)
) WITHOUT ROWID;

-- No foreign keys here: with each deleted resource they would search the whole table.
CREATE TABLE member (
  endpoint  INTEGER NOT NULL,
  "group"   INTEGER NOT NULL,
  member    INTEGER NOT NULL,
  PRIMARY KEY (endpoint, "group", member)
) WITHOUT ROWID;
CREATE INDEX member_by_member ON member (endpoint, member, "group");

-- How many resources of a type there are, so that a list's total does not count them one by one.
CREATE TABLE population (
  endpoint  INTEGER NOT NULL,
  type      TEXT NOT NULL,
  count     INTEGER NOT NULL,
  PRIMARY KEY (endpoint, type)
) WITHOUT ROWID;
`;
