/** Bells for the other replicas. What has changed they read in the tables. */
export const ACCESS_CHANNEL = "scimtool_access";
export const RECORDED_CHANNEL = "scimtool_recorded";

/** Access tokens concern nobody else: they are looked up, and end with their client. So do times of last use. */
export const NOTIFICATIONS = `
CREATE FUNCTION scimtool_access_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('${ACCESS_CHANNEL}', '');
  RETURN NULL;
END $$;
CREATE TRIGGER endpoint_changed AFTER INSERT OR UPDATE OR DELETE ON endpoint
  FOR EACH STATEMENT EXECUTE FUNCTION scimtool_access_changed();
CREATE TRIGGER issuer_trust_changed
  AFTER INSERT OR DELETE
    OR UPDATE OF label, issuer, audience, jwks_uri, tenant, client_id, subject, scopes, user_id ON issuer_trust
  FOR EACH STATEMENT EXECUTE FUNCTION scimtool_access_changed();
CREATE TRIGGER credential_changed AFTER UPDATE OF secret_hash, label, scopes, expires_ms ON credential
  FOR EACH STATEMENT EXECUTE FUNCTION scimtool_access_changed();
CREATE TRIGGER credential_added AFTER INSERT ON credential
  FOR EACH ROW WHEN (NEW.kind <> 'access') EXECUTE FUNCTION scimtool_access_changed();
CREATE TRIGGER credential_removed AFTER DELETE ON credential
  FOR EACH ROW WHEN (OLD.kind <> 'access') EXECUTE FUNCTION scimtool_access_changed();

CREATE FUNCTION scimtool_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('${RECORDED_CHANNEL}', '');
  RETURN NULL;
END $$;
CREATE TRIGGER exchange_recorded AFTER UPDATE ON exchange_made
  FOR EACH STATEMENT EXECUTE FUNCTION scimtool_recorded();

-- How many transactions each connection has committed; see commit.ts.
CREATE TABLE commit_mark (
  connection  uuid PRIMARY KEY,
  commits     bigint NOT NULL DEFAULT 0,
  made_at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Numbers of processes, so that no two make the same exchange ID.
CREATE SEQUENCE process_number;
`;
