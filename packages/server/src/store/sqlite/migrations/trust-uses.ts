/** When a token of a trusted issuer was last accepted. */
export const TRUST_USES = "ALTER TABLE issuer_trust ADD COLUMN last_used_ms INTEGER";
