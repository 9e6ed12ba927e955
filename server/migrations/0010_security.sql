-- Keys, and what the role of the running program may not do.

-- One random key per workspace, wrapped by ENCRYPTION_KEY: a new ENCRYPTION_KEY rewraps these few rows and touches no secret.
-- The nil workspace is the installation itself: what is derived from its key (return addresses, link tokens, hashes) never changes.
CREATE TABLE data_key (
  workspace_id uuid        NOT NULL PRIMARY KEY,
  wrapped      bytea       NOT NULL,
  wrapped_by   bytea       NOT NULL,                 -- fingerprint of the ENCRYPTION_KEY that opens it
  created_at   timestamptz NOT NULL DEFAULT now(),
  rewrapped_at timestamptz
);

-- Who was erased: a random id that leads nowhere any more, and the keyed hash that keeps the person suppressed. What Meta still tells about
-- their messages (a late receipt carries the number inside its message id) is scrubbed by these rows.
CREATE TABLE erasure (
  workspace_id uuid        NOT NULL REFERENCES workspace (id),
  contact_id   uuid        NOT NULL,
  key_hash     bytea,
  erased_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, contact_id)
);
CREATE INDEX erasure_recent ON erasure (erased_at); -- the sweep of late news

-- What was done stays said: entries are added and never changed, by whatever role and whatever fault of ours. Retention, the one that may
-- take old entries away, must say so in its transaction.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('fanfare.retention', true) = 'on' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_never_truncated BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX audit_entry_time ON audit_entry (workspace_id, at); -- pages by time
