/** The exchange log, and the history of every resource. docs/monitor.md documents the log. */
export const MONITOR = `
-- A request and its answer. The position is the order of recording and never given twice; the id tells when the request
-- came: milliseconds since 2020, times 4096. Endpoint 0: none.
CREATE TABLE exchange (
  position             INTEGER PRIMARY KEY AUTOINCREMENT,
  id                   INTEGER NOT NULL,
  time                 TEXT AS (strftime('%Y-%m-%d %H:%M:%f', id / 4096 / 1000.0 + 1577836800, 'unixepoch')),
  endpoint             INTEGER NOT NULL,
  is_rejected          INTEGER NOT NULL,
  method               TEXT NOT NULL,
  path                 TEXT NOT NULL,
  query                TEXT NOT NULL,
  status               INTEGER NOT NULL,
  duration_us          INTEGER NOT NULL,
  queue_us             INTEGER NOT NULL,
  database_us          INTEGER NOT NULL,
  durable_us           INTEGER NOT NULL,
  client_address       TEXT NOT NULL,
  user_agent           TEXT NOT NULL,
  request_id           TEXT NOT NULL,
  credential           TEXT,
  dialect              TEXT NOT NULL,
  severity             TEXT NOT NULL,
  is_probe             INTEGER NOT NULL,
  kinds                TEXT NOT NULL,
  sentences            TEXT NOT NULL,
  resources            TEXT NOT NULL,
  details              TEXT NOT NULL,
  request_headers      TEXT NOT NULL,
  request_body_bytes   INTEGER NOT NULL,
  response_headers     TEXT NOT NULL,
  response_body_bytes  INTEGER NOT NULL,
  request_body         TEXT,
  response_body        TEXT
);
-- With all that statistics count: reading the rows of a million exchanges takes half a minute.
CREATE INDEX exchange_by_id ON exchange (id, endpoint, status, is_probe, duration_us, kinds);
CREATE INDEX exchange_by_endpoint ON exchange (endpoint, is_rejected);

-- Which resources an exchange read or wrote, by the key that a resource's id carries.
CREATE TABLE exchange_resource (
  resource  INTEGER NOT NULL,
  exchange  INTEGER NOT NULL,
  PRIMARY KEY (resource, exchange)
) WITHOUT ROWID;

-- The words of each exchange, by its position. The words come prepared: the index only has to ignore ASCII letter case.
CREATE VIRTUAL TABLE exchange_words USING fts5 (
  words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
-- FTS5 would merge its segments within a commit, however large they are: seconds, with a million exchanges.
INSERT INTO exchange_words (exchange_words, rank) VALUES ('automerge', 0), ('crisismerge', 2000), ('usermerge', 4);

-- How much is stored of each endpoint, so that retention need not count.
CREATE TABLE exchange_size (
  endpoint     INTEGER NOT NULL,
  is_rejected  INTEGER NOT NULL,
  count        INTEGER NOT NULL,
  bytes        INTEGER NOT NULL,
  PRIMARY KEY (endpoint, is_rejected)
) WITHOUT ROWID;

-- How many resources there were at the end of an hour in which something was written.
CREATE TABLE population_by_hour (
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
