/** Sessions of administrators: credentials that end with the secret that somebody signed in with. */
export const SESSIONS = `
-- Of an access token the client secret, of a session the token that it was given for.
ALTER TABLE credential RENAME COLUMN of_client TO of_credential;
DROP INDEX credential_by_label;
CREATE UNIQUE INDEX credential_by_label
  ON credential (purpose, ifnull(endpoint, 0), kind, ifnull(client_id, ''), label) WHERE kind NOT IN ('access', 'session');
DROP INDEX credential_by_expiry;
CREATE INDEX credential_by_expiry ON credential (expires_ms) WHERE kind IN ('access', 'session');
DROP INDEX credential_by_client;
CREATE INDEX credential_by_credential ON credential (of_credential) WHERE of_credential IS NOT NULL;
`;
