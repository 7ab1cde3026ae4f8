import { COLUMNS } from "../../sql/columns.ts";

// userName has its own unique index below (RFC 7643 §7).
const INDEXED_COLUMNS = COLUMNS.filter(({ name }) => name !== "user_name");

/** Resources, and their values and memberships that are stored as rows. */
export const RESOURCES = `
CREATE TABLE resource (
  key          INTEGER PRIMARY KEY,
  endpoint     INTEGER NOT NULL REFERENCES endpoint (key),
  type         TEXT NOT NULL,
  id           TEXT NOT NULL,
  revision     INTEGER NOT NULL,
  created_ms   INTEGER NOT NULL,
  modified_ms  INTEGER NOT NULL,
  label        TEXT NOT NULL,
  ${COLUMNS.map(({ name, affinity }) => `${name} ${affinity}`).join(",\n  ")},
  body         TEXT NOT NULL
);
CREATE UNIQUE INDEX resource_by_id ON resource (endpoint, id);
CREATE INDEX resource_by_type ON resource (endpoint, type);
CREATE INDEX resource_by_created ON resource (endpoint, type, created_ms);
CREATE INDEX resource_by_modified ON resource (endpoint, type, modified_ms);
CREATE UNIQUE INDEX resource_by_user_name ON resource (endpoint, user_name) WHERE user_name IS NOT NULL;
${INDEXED_COLUMNS.map(({ name }) => `CREATE INDEX resource_by_${name} ON resource (endpoint, type, ${name}) WHERE ${name} IS NOT NULL;`).join("\n")}

-- Values of unique attributes (RFC 7643 §7) other than userName, unique per type.
CREATE TABLE unique_value (
  endpoint   INTEGER NOT NULL,
  type       TEXT NOT NULL,
  attribute  TEXT NOT NULL,
  value      NOT NULL,
  resource   INTEGER NOT NULL,
  PRIMARY KEY (endpoint, type, attribute, value)
) WITHOUT ROWID;

-- Values of attributes that are indexed without a column of their own, such as emails.value.
CREATE TABLE indexed_value (
  endpoint   INTEGER NOT NULL,
  attribute  TEXT NOT NULL,
  value      NOT NULL,
  resource   INTEGER NOT NULL,
  PRIMARY KEY (endpoint, attribute, value, resource)
) WITHOUT ROWID;

-- No foreign keys here: deleting a resource would then search the whole table.
CREATE TABLE member (
  endpoint  INTEGER NOT NULL,
  "group"   INTEGER NOT NULL,
  member    INTEGER NOT NULL,
  PRIMARY KEY (endpoint, "group", member)
) WITHOUT ROWID;
CREATE INDEX member_by_member ON member (endpoint, member, "group");

-- The number of resources of each type, so that a list's total needs no counting.
CREATE TABLE population (
  endpoint  INTEGER NOT NULL,
  type      TEXT NOT NULL,
  count     INTEGER NOT NULL,
  PRIMARY KEY (endpoint, type)
) WITHOUT ROWID;
`;
