-- Who may call, what they did, and what they already asked for.
-- Every table of the product carries workspace_id first in its key, so that the data can be distributed by workspace.
-- Exempt by name: install, schema_migration, webhook_inbox and the job engine, which belong to the installation as a whole.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- The installation itself: its id is part of the return address of every message (delivery.md §4).
CREATE TABLE install (
  id         uuid        PRIMARY KEY,
  epoch      bigint      NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  only_one   boolean     NOT NULL DEFAULT true UNIQUE CHECK (only_one)
);

CREATE TABLE workspace (
  id                        uuid        PRIMARY KEY,
  name                      text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  time_zone                 text        NOT NULL DEFAULT 'UTC',
  default_country           text        CHECK (default_country ~ '^[A-Z]{2}$'),
  require_marketing_opt_in  boolean     NOT NULL DEFAULT false,
  utility_through_opt_out   boolean     NOT NULL DEFAULT false,
  approval_required         boolean     NOT NULL DEFAULT false,
  created_at                timestamptz NOT NULL DEFAULT now(),
  updated_at                timestamptz NOT NULL DEFAULT now()
);

-- A key is 256 random bits; only its SHA-256 is kept.
CREATE TABLE api_key (
  workspace_id    uuid        NOT NULL REFERENCES workspace (id),
  id              uuid        NOT NULL,
  name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  key_hash        bytea       NOT NULL CHECK (length(key_hash) = 32),
  prefix          text        NOT NULL,
  permissions     text[]      NOT NULL,
  expires_at      timestamptz,
  last_used_at    timestamptz,
  revoked_at      timestamptz,
  created_by_id   uuid,
  created_by_name text        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX api_key_hash ON api_key (key_hash); -- every request: find the credential

CREATE TABLE audit_entry (
  workspace_id uuid        NOT NULL REFERENCES workspace (id),
  id           uuid        NOT NULL,
  at           timestamptz NOT NULL DEFAULT now(),
  actor_type   text        NOT NULL CHECK (actor_type IN ('user', 'apiKey', 'system')),
  actor_id     uuid,
  actor_name   text        NOT NULL,
  action       text        NOT NULL,             -- for example campaign.create
  object_type  text        NOT NULL,
  object_id    text,
  detail       jsonb       NOT NULL DEFAULT '{}',
  request_id   text,
  address      text,
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX audit_entry_object ON audit_entry (workspace_id, object_type, object_id, id); -- one object's history

-- Answers remembered for 24 hours (api.md §1). status is null while a slow write is still running.
CREATE TABLE idempotency_record (
  workspace_id  uuid        NOT NULL REFERENCES workspace (id),
  credential_id uuid        NOT NULL,
  route         text        NOT NULL,
  key           text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  body_hash     bytea,
  status        int,
  body          jsonb,
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, credential_id, route, key)
);
CREATE INDEX idempotency_record_age ON idempotency_record (created_at); -- the hourly sweep
