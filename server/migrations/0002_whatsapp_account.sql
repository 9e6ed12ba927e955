-- WhatsApp Business Accounts (WABAs), their phone numbers and templates, as Meta tells them.

CREATE TABLE whatsapp_account (
  workspace_id               uuid        NOT NULL REFERENCES workspace (id),
  id                         uuid        NOT NULL,
  name                       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  waba_id                    text        NOT NULL,
  portfolio_id               text,
  app_id                     text,
  access_token_sealed        bytea       NOT NULL,
  app_secret_sealed          bytea,                  -- null: META_APP_SECRET
  app_secret_mark            bytea,                  -- keyed hash: tells accounts of one Meta app without opening the secret
  webhook_verify_token_sealed bytea,                 -- null: META_WEBHOOK_VERIFY_TOKEN
  graph_base_url             text,
  subscribed_at              timestamptz,            -- the app is subscribed to the WABA: without it no receipt ever comes
  last_webhook_at            timestamptz,
  last_synced_at             timestamptz,
  health                     jsonb       NOT NULL DEFAULT '{}', -- the latest check list: { checks: [{ name, ok, detail, at }] }
  created_at                 timestamptz NOT NULL DEFAULT now(),
  updated_at                 timestamptz NOT NULL DEFAULT now(),
  removed_at                 timestamptz,
  PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX whatsapp_account_waba ON whatsapp_account (waba_id) WHERE removed_at IS NULL; -- one owner per install
CREATE UNIQUE INDEX whatsapp_account_id ON whatsapp_account (id); -- the webhook path names the account alone

CREATE TABLE phone_number (
  workspace_id          uuid        NOT NULL,
  id                    uuid        NOT NULL,
  account_id            uuid        NOT NULL,
  phone_number_id       text        NOT NULL,        -- Meta's id, used in the send path
  display_phone_number  text        NOT NULL,
  verified_name         text,
  quality_rating        text        NOT NULL DEFAULT 'UNKNOWN',
  status                text        NOT NULL DEFAULT 'UNKNOWN',
  throughput_level      text        NOT NULL DEFAULT 'STANDARD',
  throughput_per_second int         NOT NULL DEFAULT 80,          -- from Meta: 80, 1,000 after the upgrade, 20 when shared with the app
  messaging_limit       text        NOT NULL DEFAULT 'TIER_NOT_SET',
  daily_limit           int         CHECK (daily_limit > 0),      -- the operator's own cap
  rate_per_second       int         CHECK (rate_per_second BETWEEN 1 AND 10000), -- the operator's own cap
  max_in_flight         int         CHECK (max_in_flight BETWEEN 1 AND 2000),
  is_default            boolean     NOT NULL DEFAULT false,
  created_at            timestamptz NOT NULL DEFAULT now(),
  updated_at            timestamptz NOT NULL DEFAULT now(),
  removed_at            timestamptz,
  PRIMARY KEY (workspace_id, id),
  FOREIGN KEY (workspace_id, account_id) REFERENCES whatsapp_account (workspace_id, id)
);
CREATE UNIQUE INDEX phone_number_meta ON phone_number (phone_number_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX phone_number_default ON phone_number (workspace_id, account_id) WHERE is_default AND removed_at IS NULL;

-- One template is one name in one language.
CREATE TABLE template (
  workspace_id     uuid        NOT NULL,
  id               uuid        NOT NULL,
  account_id       uuid        NOT NULL,
  meta_id          text,                             -- near 2^53: always text
  name             text        NOT NULL,
  language         text        NOT NULL,
  category         text        NOT NULL,
  status           text        NOT NULL,
  quality          text        NOT NULL DEFAULT 'UNKNOWN',
  parameter_format text        NOT NULL DEFAULT 'POSITIONAL',
  components       jsonb       NOT NULL,             -- exactly as Meta gives them
  parameters       jsonb       NOT NULL,             -- [{ key, type, example }], derived from components
  rejected_reason  text,
  notice           text,                             -- e.g. "becomes MARKETING on …"
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  removed_at       timestamptz,                      -- no longer at Meta
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, account_id, name, language),
  FOREIGN KEY (workspace_id, account_id) REFERENCES whatsapp_account (workspace_id, id)
);
CREATE INDEX template_meta ON template (workspace_id, meta_id); -- template webhooks

CREATE TABLE media (
  workspace_id    uuid        NOT NULL,
  id              uuid        NOT NULL,
  phone_number_id uuid        NOT NULL,
  meta_media_id   text        NOT NULL,
  mime_type       text        NOT NULL,
  file_name       text,
  file_size       bigint      NOT NULL,
  sha256          bytea       NOT NULL,
  uploaded_at     timestamptz NOT NULL DEFAULT now(), -- Meta keeps media 30 days
  PRIMARY KEY (workspace_id, id),
  FOREIGN KEY (workspace_id, phone_number_id) REFERENCES phone_number (workspace_id, id)
);

-- What stops sending, and for whom (delivery.md §6, Holds). A campaign shows the gravest of its own, its template's, number's and account's.
CREATE TABLE hold (
  workspace_id   uuid        NOT NULL REFERENCES workspace (id),
  scope          text        NOT NULL CHECK (scope IN ('campaign', 'template', 'number', 'account', 'portfolio')),
  scope_id       text        NOT NULL,
  reason         text        NOT NULL CHECK (reason IN ('operator', 'template_paused', 'token_invalid', 'limit_reached', 'account_restricted',
                   'payment', 'provider_outage', 'ambiguity_breaker', 'circuit_breaker', 'canary', 'quality_pending', 'low_disk', 'clock',
                   'missed_schedule', 'restored', 'awaiting_approval')),
  since          timestamptz NOT NULL DEFAULT now(),
  auto_resume_at timestamptz,
  detail         text        NOT NULL DEFAULT '',
  code           int,                                -- Meta's error code when one set it
  PRIMARY KEY (workspace_id, scope, scope_id, reason)
);
-- When a hold was last cleared: a late answer or a repeated receipt from before must not set it again.
CREATE TABLE hold_cleared (
  workspace_id uuid        NOT NULL REFERENCES workspace (id),
  scope        text        NOT NULL,
  scope_id     text        NOT NULL,
  reason       text        NOT NULL,
  at           timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, scope, scope_id, reason)
);
