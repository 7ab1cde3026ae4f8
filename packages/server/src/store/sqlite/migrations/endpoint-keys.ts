/** Keys of endpoints that are never given twice. */
export const ENDPOINT_KEYS = `
-- One row: the highest key that an endpoint ever had. What comes late of one that is gone, such as a record of an
-- exchange, must not be taken for another's.
CREATE TABLE endpoint_made (last_key INTEGER NOT NULL);
INSERT INTO endpoint_made SELECT ifnull(max(key), 0) FROM endpoint;
`;
