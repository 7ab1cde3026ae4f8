/** Findings, folding of exchanges that repeat, and the health of clients. */
export const FINDINGS = `
-- The kinds; what they say is in the details.
ALTER TABLE exchange ADD COLUMN findings TEXT NOT NULL DEFAULT '';
-- The same for exchanges with the same outcome, client and resource; 0 for those of older versions.
ALTER TABLE exchange ADD COLUMN outcome_key INTEGER NOT NULL DEFAULT 0;
-- All that statistics count.
DROP INDEX exchange_by_id;
CREATE INDEX exchange_by_id ON exchange
  (id, endpoint, status, is_probe, duration_us, kinds, findings, outcome_key, credential, dialect);

-- Whether somebody of that name was deleted before.
CREATE INDEX history_of_deleted_name ON history (endpoint, label) WHERE action = 'delete';
`;
