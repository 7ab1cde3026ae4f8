/** Bells for the other replicas. What has changed they read in the tables. */
export const ACCESS_CHANNEL = "scimtool_access";

/** Changes that only say when a credential was used, and new access tokens, concern nobody else. */
export const NOTIFICATIONS = `
CREATE FUNCTION scimtool_access_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('${ACCESS_CHANNEL}', '');
  RETURN NULL;
END $$;
CREATE TRIGGER endpoint_changed AFTER INSERT OR UPDATE OR DELETE ON endpoint
  FOR EACH STATEMENT EXECUTE FUNCTION scimtool_access_changed();
CREATE TRIGGER issuer_trust_changed AFTER INSERT OR UPDATE OR DELETE ON issuer_trust
  FOR EACH STATEMENT EXECUTE FUNCTION scimtool_access_changed();
CREATE TRIGGER credential_changed AFTER UPDATE OF secret_hash, label, scopes, expires_ms ON credential
  FOR EACH STATEMENT EXECUTE FUNCTION scimtool_access_changed();
CREATE TRIGGER credential_removed AFTER DELETE ON credential
  FOR EACH ROW EXECUTE FUNCTION scimtool_access_changed();
`;
