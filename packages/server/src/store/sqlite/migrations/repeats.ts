/** What is needed to fold exchanges that repeat, and to tell how each client is doing. */
export const REPEATS = `
-- The same for exchanges with the same outcome, client and resource; 0 for those of older versions.
ALTER TABLE exchange ADD COLUMN outcome_key INTEGER NOT NULL DEFAULT 0;
DROP INDEX exchange_by_id;
CREATE INDEX exchange_by_id ON exchange
  (id, endpoint, status, is_probe, duration_us, kinds, findings, outcome_key, credential, dialect);
`;
