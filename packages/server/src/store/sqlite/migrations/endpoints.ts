/** Endpoints, and the credentials and trusted issuers that give access to them. */
export const ENDPOINTS = `
CREATE TABLE endpoint (
  key         INTEGER PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  settings    TEXT NOT NULL,
  created_ms  INTEGER NOT NULL,
  -- Counts the changes of an endpoint, so that a write can tell whether it knows the newest.
  revision    INTEGER NOT NULL DEFAULT 1,
  -- Set when the endpoint is deleted: it is no longer served, and its resources are removed step by step.
  is_leaving  INTEGER NOT NULL DEFAULT 0
);
-- One row: the highest key that an endpoint ever had. Keys are never reused: a late record of an exchange with a
-- deleted endpoint must not be attributed to a new one.
CREATE TABLE endpoint_made (last_key INTEGER NOT NULL);
INSERT INTO endpoint_made VALUES (0);

-- Other issuers whose tokens are accepted.
CREATE TABLE issuer_trust (
  key         INTEGER PRIMARY KEY,
  endpoint    INTEGER NOT NULL REFERENCES endpoint (key) ON DELETE CASCADE,
  label       TEXT NOT NULL,
  issuer      TEXT NOT NULL,
  audience    TEXT NOT NULL,
  jwks_uri    TEXT,
  tenant      TEXT,
  client_id   TEXT,
  subject     TEXT,
  scopes      TEXT NOT NULL,
  user_id     TEXT,
  created_ms  INTEGER NOT NULL
);
CREATE UNIQUE INDEX issuer_trust_by_label ON issuer_trust (endpoint, label);

-- Tokens, secrets of OAuth clients, their access tokens, and sessions of administrators.
CREATE TABLE credential (
  key            INTEGER PRIMARY KEY,
  purpose        TEXT NOT NULL,
  endpoint       INTEGER REFERENCES endpoint (key),
  kind           TEXT NOT NULL,
  label          TEXT NOT NULL,
  client_id      TEXT,
  secret_hash    TEXT NOT NULL,
  scopes         TEXT NOT NULL,
  user_id        TEXT,
  -- The client secret or trust that an access token was issued for, the token that a session was signed in with.
  of_credential  INTEGER REFERENCES credential (key) ON DELETE CASCADE,
  of_trust       INTEGER REFERENCES issuer_trust (key) ON DELETE CASCADE,
  created_ms     INTEGER NOT NULL,
  expires_ms     INTEGER,
  last_used_ms   INTEGER
);
CREATE UNIQUE INDEX credential_by_label
  ON credential (purpose, ifnull(endpoint, 0), kind, ifnull(client_id, ''), label) WHERE kind NOT IN ('access', 'session');
CREATE INDEX credential_by_hash ON credential (secret_hash);
CREATE INDEX credential_by_expiry ON credential (expires_ms) WHERE kind IN ('access', 'session');
-- For the cascades.
CREATE INDEX credential_by_credential ON credential (of_credential) WHERE of_credential IS NOT NULL;
CREATE INDEX credential_by_trust ON credential (of_trust) WHERE of_trust IS NOT NULL;

-- Assertions that name themselves (RFC 7523 §3, jti) are accepted once.
CREATE TABLE used_assertion (
  trust       INTEGER NOT NULL REFERENCES issuer_trust (key) ON DELETE CASCADE,
  id_hash     TEXT NOT NULL,
  expires_ms  INTEGER NOT NULL,
  PRIMARY KEY (trust, id_hash)
) WITHOUT ROWID;
CREATE INDEX used_assertion_by_expiry ON used_assertion (expires_ms);
`;
