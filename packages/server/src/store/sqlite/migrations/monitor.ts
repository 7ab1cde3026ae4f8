/** What happened: exchanges in blocks, and the history of every resource. */
export const MONITOR = `
-- One row: how many exchanges have been recorded ever.
CREATE TABLE monitor_recorded (positions INTEGER NOT NULL);
INSERT INTO monitor_recorded VALUES (0);

-- Exchanges of one endpoint (0: of none) that were recorded one after the other, by what they are searched by.
-- Blocks of an endpoint do not overlap. Level 0: as recorded; 1: some put together; 2: sealed, they grow no more.
CREATE TABLE monitor_block (
  key             INTEGER PRIMARY KEY,
  endpoint        INTEGER NOT NULL,
  first_position  INTEGER NOT NULL,
  last_position   INTEGER NOT NULL,
  least_id        INTEGER NOT NULL,
  most_id         INTEGER NOT NULL,
  count           INTEGER NOT NULL,
  bytes           INTEGER NOT NULL,
  level           INTEGER NOT NULL,
  names           TEXT NOT NULL,
  columns         BLOB NOT NULL
);
CREATE UNIQUE INDEX monitor_block_by_position ON monitor_block (endpoint, first_position);
CREATE INDEX monitor_block_by_id ON monitor_block (most_id);
CREATE INDEX monitor_block_unsealed ON monitor_block (endpoint, level, count) WHERE level < 2;

-- The exchanges themselves, some dozens together and compressed. The key is the position of the first.
CREATE TABLE monitor_frame (
  key      INTEGER PRIMARY KEY,
  content  BLOB NOT NULL
);

-- Words of a block, unless it is very small, and the exchanges that have them, in shares: block × 64 + share.
CREATE TABLE monitor_words (
  key      INTEGER PRIMARY KEY,
  content  BLOB NOT NULL
);

-- How many resources there were at the end of an hour in which something was written.
CREATE TABLE monitor_population (
  endpoint  INTEGER NOT NULL,
  hour      INTEGER NOT NULL,
  type      TEXT NOT NULL,
  count     INTEGER NOT NULL,
  PRIMARY KEY (endpoint, hour, type)
) WITHOUT ROWID;

CREATE TABLE history (
  key         INTEGER PRIMARY KEY AUTOINCREMENT,
  endpoint    INTEGER NOT NULL,
  type        TEXT NOT NULL,
  id          TEXT NOT NULL,
  label       TEXT NOT NULL,
  revision    INTEGER NOT NULL,
  action      TEXT NOT NULL,
  at_ms       INTEGER NOT NULL,
  exchange    INTEGER,
  credential  TEXT,
  dialect     TEXT NOT NULL,
  changes     TEXT NOT NULL,
  concerns    TEXT
);
CREATE INDEX history_by_endpoint ON history (endpoint);
CREATE INDEX history_of_deleted ON history (endpoint) WHERE action = 'delete';

-- Which entries concern a resource, and how: its own versions (0), as a value added (1) or removed (2), otherwise (3).
CREATE TABLE history_of (
  endpoint  INTEGER NOT NULL,
  id        TEXT NOT NULL,
  history   INTEGER NOT NULL,
  role      INTEGER NOT NULL,
  PRIMARY KEY (endpoint, id, history)
) WITHOUT ROWID;
`;
