/** Findings of exchanges, by which they are found and counted. */
export const FINDINGS = `
-- The kinds; what they say is in the details. The index has all that statistics count (again in the next migration).
ALTER TABLE exchange ADD COLUMN findings TEXT NOT NULL DEFAULT '';
DROP INDEX exchange_by_id;
CREATE INDEX exchange_by_id ON exchange (id, endpoint, status, is_probe, duration_us, kinds, findings);

-- Whether somebody of that name was deleted before.
CREATE INDEX history_of_deleted_name ON history (endpoint, label) WHERE action = 'delete';
`;
