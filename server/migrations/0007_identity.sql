-- People: who they are (tables of better-auth, which belong to the installation and so carry no workspace_id; a test asserts that they are
-- what the library expects) and what they may do where (tables of ours).

CREATE TABLE identity_user (
  id                 uuid        PRIMARY KEY,
  name               text        NOT NULL,
  email              text        NOT NULL UNIQUE CHECK (email = lower(email)),
  email_verified     boolean     NOT NULL,
  image              text,
  created_at         timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at         timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  two_factor_enabled boolean
);

-- The token alone opens nothing: the cookie is this token signed with a key that is not in the database.
CREATE TABLE identity_session (
  id         uuid        PRIMARY KEY,
  expires_at timestamptz NOT NULL,
  token      text        NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz NOT NULL,
  ip_address text,
  user_agent text,
  user_id    uuid        NOT NULL REFERENCES identity_user (id) ON DELETE CASCADE
);
CREATE INDEX identity_session_user_id_idx ON identity_session (user_id);

-- How a person signs in: `credential` holds an argon2id hash, `oidc` the subject at the provider. Tokens of providers are never kept.
CREATE TABLE identity_account (
  id                       uuid        PRIMARY KEY,
  account_id               text        NOT NULL,
  provider_id              text        NOT NULL,
  user_id                  uuid        NOT NULL REFERENCES identity_user (id) ON DELETE CASCADE,
  access_token             text,
  refresh_token            text,
  id_token                 text,
  access_token_expires_at  timestamptz,
  refresh_token_expires_at timestamptz,
  scope                    text,
  password                 text,
  created_at               timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at               timestamptz NOT NULL,
  UNIQUE (provider_id, account_id)
);
CREATE INDEX identity_account_user_id_idx ON identity_account (user_id);

CREATE TABLE identity_verification (
  id         uuid        PRIMARY KEY,
  identifier text        NOT NULL,
  value      text        NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX identity_verification_identifier_idx ON identity_verification (identifier);

-- Secret and backup codes are encrypted by the library with a key derived from ENCRYPTION_KEY.
CREATE TABLE identity_two_factor (
  id                        uuid    PRIMARY KEY,
  secret                    text    NOT NULL,
  backup_codes              text    NOT NULL,
  user_id                   uuid    NOT NULL REFERENCES identity_user (id) ON DELETE CASCADE,
  verified                  boolean,
  failed_verification_count integer,
  locked_until              timestamptz
);
CREATE INDEX identity_two_factor_secret_idx ON identity_two_factor (secret);
CREATE INDEX identity_two_factor_user_id_idx ON identity_two_factor (user_id);

-- Attempts at passwords and codes, by keyed hashes of account and address: no address and no e-mail is readable here.
CREATE TABLE sign_in_throttle (
  key       bytea       PRIMARY KEY CHECK (length(key) = 32),
  attempts  int         NOT NULL,
  resets_at timestamptz NOT NULL
);

-- The one-time link of a first start: replaced at each start, gone when used.
ALTER TABLE install ADD COLUMN setup_token_hash bytea CHECK (length(setup_token_hash) = 32);

-- Roles of a workspace's own making. The built-in ones are code (access/roles.ts), so that they grow with the product.
CREATE TABLE role (
  workspace_id uuid        NOT NULL REFERENCES workspace (id),
  id           uuid        NOT NULL,
  name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  permissions  text[]      NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX role_name ON role (workspace_id, lower(name));

CREATE TABLE workspace_member (
  workspace_id  uuid        NOT NULL REFERENCES workspace (id),
  user_id       uuid        NOT NULL REFERENCES identity_user (id),
  built_in_role text        CHECK (built_in_role IN ('Owner', 'Admin', 'Marketer', 'Approver', 'Viewer')),
  role_id       uuid,
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, user_id),
  FOREIGN KEY (workspace_id, role_id) REFERENCES role (workspace_id, id),
  CHECK (num_nonnulls(built_in_role, role_id) = 1)
);
CREATE INDEX workspace_member_user ON workspace_member (user_id);                  -- which workspaces a person reaches
CREATE INDEX workspace_member_role ON workspace_member (workspace_id, role_id);    -- is this role in use

-- A link that makes whoever holds it a member. Only the SHA-256 of its 256 random bits is kept.
CREATE TABLE invitation (
  workspace_id    uuid        NOT NULL REFERENCES workspace (id),
  id              uuid        NOT NULL,
  email           text        NOT NULL CHECK (email = lower(email)),
  built_in_role   text        CHECK (built_in_role IN ('Owner', 'Admin', 'Marketer', 'Approver', 'Viewer')),
  role_id         uuid,
  token_hash      bytea       NOT NULL CHECK (length(token_hash) = 32),
  expires_at      timestamptz NOT NULL,
  accepted_at     timestamptz,
  revoked_at      timestamptz,
  created_by_id   uuid,
  created_by_name text        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id),
  FOREIGN KEY (workspace_id, role_id) REFERENCES role (workspace_id, id),
  CHECK (num_nonnulls(built_in_role, role_id) = 1)
);
CREATE UNIQUE INDEX invitation_token ON invitation (token_hash);                   -- accepting: find the invitation
CREATE INDEX invitation_email ON invitation (email);                               -- may this person come in through the provider
CREATE INDEX invitation_role ON invitation (workspace_id, role_id);                -- is this role in use
