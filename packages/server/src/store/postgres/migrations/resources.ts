import { COLUMNS } from "../../sql/columns.ts";

const COLUMN_TYPES = { TEXT: 'text COLLATE "C"', INTEGER: "smallint" } as const;

/** A column of only one type is searched without the type. */
function columnIndex(column: (typeof COLUMNS)[number]): string {
  const { name } = column;
  const type = "only" in column ? "" : "type, ";
  return `CREATE INDEX resource_by_${name} ON resource (endpoint, ${type}${name}, key) WHERE ${name} IS NOT NULL;`;
}

/** Resources, with the values and memberships that are kept as rows beside them. */
export const RESOURCES = `
CREATE SEQUENCE resource_key;
CREATE TABLE resource (
  key           bigint PRIMARY KEY DEFAULT nextval('resource_key'),
  endpoint      bigint NOT NULL,
  type          text COLLATE "C" NOT NULL,
  id            text COLLATE "C" NOT NULL,
  revision      bigint NOT NULL,
  created_ms    bigint NOT NULL,
  modified_ms   bigint NOT NULL,
  label         text COLLATE "C" NOT NULL,
  folded_label  text COLLATE "C" NOT NULL,
  ${COLUMNS.map(({ name, affinity }) => `${name} ${COLUMN_TYPES[affinity]}`).join(",\n  ")},
  body          text NOT NULL,
  document      jsonb NOT NULL
);
CREATE UNIQUE INDEX resource_by_id ON resource (endpoint, id);
CREATE INDEX resource_by_type ON resource (endpoint, type, key);
CREATE INDEX resource_by_created ON resource (endpoint, type, created_ms, key);
CREATE INDEX resource_by_modified ON resource (endpoint, type, modified_ms, key);
${COLUMNS.map(columnIndex).join("\n")}

-- Values of all unique attributes (RFC 7643 §7), userName included, unique per type.
CREATE TABLE unique_value (
  endpoint   bigint NOT NULL,
  type       text COLLATE "C" NOT NULL,
  attribute  text COLLATE "C" NOT NULL,
  value      text COLLATE "C" NOT NULL,
  resource   bigint NOT NULL,
  PRIMARY KEY (endpoint, type, attribute, value)
);

CREATE TABLE indexed_value (
  endpoint   bigint NOT NULL,
  attribute  text COLLATE "C" NOT NULL,
  value      text COLLATE "C" NOT NULL,
  resource   bigint NOT NULL,
  PRIMARY KEY (endpoint, attribute, value, resource)
);

CREATE TABLE member (
  endpoint  bigint NOT NULL,
  "group"   bigint NOT NULL,
  member    bigint NOT NULL,
  PRIMARY KEY (endpoint, "group", member)
);
CREATE UNIQUE INDEX member_by_member ON member (endpoint, member, "group");

-- The number of resources of each type is a sum: creations at the same time change different rows of it.
CREATE TABLE population (
  endpoint  bigint NOT NULL,
  type      text COLLATE "C" NOT NULL,
  slot      smallint NOT NULL,
  count     bigint NOT NULL,
  PRIMARY KEY (endpoint, type, slot)
);
`;
