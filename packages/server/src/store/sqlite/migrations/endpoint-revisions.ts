/** Revisions of endpoints. */
export const ENDPOINT_REVISIONS = `
-- Counts the changes of an endpoint, so that a write can tell whether it knows the newest.
ALTER TABLE endpoint ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
`;
