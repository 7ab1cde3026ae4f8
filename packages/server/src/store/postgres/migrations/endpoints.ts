/** Endpoints, and the credentials and trusted issuers that give access to them. */
export const ENDPOINTS = `
CREATE TABLE endpoint (
  key         bigint PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  settings    text NOT NULL,
  created_ms  bigint NOT NULL,
  revision    bigint NOT NULL DEFAULT 1,
  is_leaving  smallint NOT NULL DEFAULT 0
);
-- One row: the highest key that an endpoint ever had. Keys are never reused.
CREATE TABLE endpoint_made (last_key bigint NOT NULL);
INSERT INTO endpoint_made VALUES (0);

CREATE TABLE issuer_trust (
  key           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  endpoint      bigint NOT NULL REFERENCES endpoint (key) ON DELETE CASCADE,
  label         text NOT NULL,
  issuer        text NOT NULL,
  audience      text NOT NULL,
  jwks_uri      text,
  tenant        text,
  client_id     text,
  subject       text,
  scopes        text NOT NULL,
  user_id       text,
  created_ms    bigint NOT NULL,
  last_used_ms  bigint
);
CREATE UNIQUE INDEX issuer_trust_by_label ON issuer_trust (endpoint, label);

CREATE TABLE credential (
  key            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  purpose        text NOT NULL,
  endpoint       bigint REFERENCES endpoint (key),
  kind           text NOT NULL,
  label          text NOT NULL,
  client_id      text,
  secret_hash    text NOT NULL,
  scopes         text NOT NULL,
  user_id        text,
  of_credential  bigint REFERENCES credential (key) ON DELETE CASCADE,
  of_trust       bigint REFERENCES issuer_trust (key) ON DELETE CASCADE,
  created_ms     bigint NOT NULL,
  expires_ms     bigint,
  last_used_ms   bigint
);
CREATE UNIQUE INDEX credential_by_label
  ON credential (purpose, coalesce(endpoint, 0), kind, coalesce(client_id, ''), label)
  WHERE kind NOT IN ('access', 'session');
CREATE INDEX credential_by_hash ON credential (secret_hash);
CREATE INDEX credential_by_expiry ON credential (expires_ms) WHERE kind IN ('access', 'session');
CREATE INDEX credential_by_credential ON credential (of_credential) WHERE of_credential IS NOT NULL;
CREATE INDEX credential_by_trust ON credential (of_trust) WHERE of_trust IS NOT NULL;

CREATE TABLE used_assertion (
  trust       bigint NOT NULL REFERENCES issuer_trust (key) ON DELETE CASCADE,
  id_hash     text NOT NULL,
  expires_ms  bigint NOT NULL,
  PRIMARY KEY (trust, id_hash)
);
CREATE INDEX used_assertion_by_expiry ON used_assertion (expires_ms);
`;
