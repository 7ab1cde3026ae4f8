/** What happened: the exchange log, and the history of every resource. */
export const MONITOR = `
-- A request and its answer. The position is the order of recording; endpoint 0: none.
CREATE TABLE exchange (
  position             bigint PRIMARY KEY,
  id                   bigint NOT NULL,
  endpoint             bigint NOT NULL,
  is_rejected          smallint NOT NULL,
  method               text NOT NULL,
  path                 text NOT NULL,
  query                text NOT NULL,
  status               integer NOT NULL,
  duration_us          bigint NOT NULL,
  queue_us             bigint NOT NULL,
  database_us          bigint NOT NULL,
  durable_us           bigint NOT NULL,
  client_address       text NOT NULL,
  user_agent           text NOT NULL,
  request_id           text NOT NULL,
  credential           text,
  dialect              text NOT NULL,
  severity             text NOT NULL,
  is_probe             smallint NOT NULL,
  kinds                text NOT NULL,
  sentences            text NOT NULL,
  resources            text NOT NULL,
  details              text NOT NULL,
  request_headers      text NOT NULL,
  request_body_bytes   bigint NOT NULL,
  response_headers     text NOT NULL,
  response_body_bytes  bigint NOT NULL,
  request_body         bytea,
  response_body        bytea,
  findings             text NOT NULL,
  outcome_key          bigint NOT NULL,
  -- Keys of its resources, which their IDs carry, and the words that it is found by.
  resource_keys        bigint[] NOT NULL,
  words                tsvector NOT NULL
);
CREATE INDEX exchange_by_id ON exchange (id);
CREATE INDEX exchange_by_endpoint ON exchange (endpoint, is_rejected, position);
CREATE INDEX exchange_by_resource ON exchange USING gin (resource_keys);
CREATE INDEX exchange_by_words ON exchange USING gin (words);

-- One row. Who records locks it, so that positions become visible in their order.
CREATE TABLE exchange_made (last_position bigint NOT NULL);
INSERT INTO exchange_made VALUES (0);

CREATE TABLE exchange_size (
  endpoint     bigint NOT NULL,
  is_rejected  smallint NOT NULL,
  count        bigint NOT NULL,
  bytes        bigint NOT NULL,
  PRIMARY KEY (endpoint, is_rejected)
);

CREATE TABLE population_by_hour (
  endpoint  bigint NOT NULL,
  hour      bigint NOT NULL,
  type      text COLLATE "C" NOT NULL,
  count     bigint NOT NULL,
  PRIMARY KEY (endpoint, hour, type)
);

CREATE TABLE history (
  key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  endpoint    bigint NOT NULL,
  type        text NOT NULL,
  id          text NOT NULL,
  label       text NOT NULL,
  revision    bigint NOT NULL,
  action      text NOT NULL,
  at_ms       bigint NOT NULL,
  exchange    bigint,
  credential  text,
  dialect     text NOT NULL,
  changes     text NOT NULL,
  concerns    text
);
CREATE INDEX history_by_endpoint ON history (endpoint, key);
CREATE INDEX history_of_deleted ON history (endpoint, key) WHERE action = 'delete';
CREATE INDEX history_of_deleted_label ON history (endpoint, label) WHERE action = 'delete';

-- Which entries concern a resource, and how: its own versions (0), as a value added (1) or removed (2), otherwise (3).
CREATE TABLE history_of (
  endpoint  bigint NOT NULL,
  id        text COLLATE "C" NOT NULL,
  history   bigint NOT NULL,
  role      smallint NOT NULL,
  PRIMARY KEY (endpoint, id, history)
);
CREATE INDEX history_of_by_history ON history_of (history);
`;
