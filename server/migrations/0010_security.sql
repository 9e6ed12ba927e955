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
