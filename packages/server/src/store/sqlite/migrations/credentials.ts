/** Any number of credentials, OAuth clients and their access tokens, and trust in other issuers. */
export const CREDENTIALS = `
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

ALTER TABLE credential ADD COLUMN kind TEXT NOT NULL DEFAULT 'token';
ALTER TABLE credential ADD COLUMN client_id TEXT;
ALTER TABLE credential ADD COLUMN scopes TEXT NOT NULL DEFAULT 'read write';
ALTER TABLE credential ADD COLUMN user_id TEXT;
ALTER TABLE credential ADD COLUMN expires_ms INTEGER;
ALTER TABLE credential ADD COLUMN last_used_ms INTEGER;
-- What an access token was given for.
ALTER TABLE credential ADD COLUMN of_client INTEGER REFERENCES credential (key) ON DELETE CASCADE;
ALTER TABLE credential ADD COLUMN of_trust INTEGER REFERENCES issuer_trust (key) ON DELETE CASCADE;
DROP INDEX credential_by_label;
CREATE UNIQUE INDEX credential_by_label
  ON credential (purpose, ifnull(endpoint, 0), kind, ifnull(client_id, ''), label) WHERE kind <> 'access';
CREATE INDEX credential_by_hash ON credential (secret_hash);
CREATE INDEX credential_by_expiry ON credential (expires_ms) WHERE kind = 'access';
-- For the cascades.
CREATE INDEX credential_by_client ON credential (of_client) WHERE of_client IS NOT NULL;
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
