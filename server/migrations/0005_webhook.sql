-- What Meta tells us: the inbox, what could not be matched, clicks and replies.

-- Raw bytes, committed before the 200. Not jsonb or text: a profile name can hold \u0000 or a lone surrogate.
CREATE TABLE webhook_inbox (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id   uuid        NOT NULL,
  workspace_id uuid        NOT NULL,
  received_at  timestamptz NOT NULL DEFAULT now(),
  body         bytea       NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

-- Signed bodies that could not be parsed or applied: kept for a person, blocking nothing.
CREATE TABLE webhook_set_aside (
  id           bigint      PRIMARY KEY,
  account_id   uuid        NOT NULL,
  workspace_id uuid        NOT NULL,
  received_at  timestamptz NOT NULL,
  set_aside_at timestamptz NOT NULL DEFAULT now(),
  reason       text        NOT NULL,
  body         bytea       NOT NULL
);

-- Receipts that match no message of ours yet: retried for 8 days, then filed as foreign (another system on the same number) or expired.
CREATE TABLE unmatched_receipt (
  workspace_id uuid        NOT NULL REFERENCES workspace (id),
  id           uuid        NOT NULL,
  number_id    uuid,
  receipt      jsonb       NOT NULL,
  first_at     timestamptz NOT NULL DEFAULT now(),
  next_try_at  timestamptz NOT NULL,
  filed_as     text        CHECK (filed_as IN ('foreign', 'expired')),
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX unmatched_receipt_due ON unmatched_receipt (next_try_at) WHERE filed_as IS NULL;

-- One row per press. Unique by the inbound message id, or by token and time for tracked links.
CREATE TABLE button_click (
  workspace_id uuid        NOT NULL,
  campaign_id  uuid        NOT NULL,
  click_id     text        NOT NULL,                 -- inbound wamid, or an id we made for a tracked link
  seq          int         NOT NULL,
  button_index smallint    NOT NULL,
  kind         text        NOT NULL CHECK (kind IN ('quick_reply', 'url', 'flow')),
  is_stop      boolean     NOT NULL DEFAULT false,
  text         text        NOT NULL DEFAULT '',
  at           timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, campaign_id, click_id)
);
CREATE INDEX button_click_button ON button_click (workspace_id, campaign_id, button_index, at);
CREATE INDEX button_click_recipient ON button_click (workspace_id, campaign_id, seq);

-- Who pressed which button, and the totals: moved with button_click, so that no page counts rows.
CREATE TABLE button_presser (
  workspace_id uuid        NOT NULL,
  campaign_id  uuid        NOT NULL,
  seq          int         NOT NULL,
  button_index smallint    NOT NULL,
  is_stop      boolean     NOT NULL DEFAULT false,
  first_at     timestamptz NOT NULL,
  last_at      timestamptz NOT NULL,
  clicks       int         NOT NULL DEFAULT 1,
  PRIMARY KEY (workspace_id, campaign_id, seq, button_index)
);
CREATE INDEX button_presser_button ON button_presser (workspace_id, campaign_id, button_index, first_at, seq);
CREATE TABLE button_counter (
  workspace_id    uuid     NOT NULL,
  campaign_id     uuid     NOT NULL,
  button_index    smallint NOT NULL,
  clicks          int      NOT NULL DEFAULT 0,
  unique_contacts int      NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, campaign_id, button_index)
);

-- People who clicked or replied, once each: whoever inserts the row counts the person, however many processes apply webhooks.
CREATE TABLE recipient_act (
  workspace_id uuid NOT NULL,
  campaign_id  uuid NOT NULL,
  seq          int  NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('clicked', 'replied')),
  PRIMARY KEY (workspace_id, campaign_id, seq, kind)
);

-- Everything people wrote back. campaign_id and seq are null when it belongs to no campaign (delivery.md, api.md §3.1: context, else 72 h).
CREATE TABLE reply (
  workspace_id uuid        NOT NULL REFERENCES workspace (id),
  id           uuid        NOT NULL,
  inbound_id   text        NOT NULL,                 -- wamid of the inbound message
  contact_id   uuid        NOT NULL,
  campaign_id  uuid,
  seq          int,
  type         text        NOT NULL,
  text         text        NOT NULL DEFAULT '',
  at           timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, inbound_id)
);
CREATE INDEX reply_campaign ON reply (workspace_id, campaign_id, at, id) WHERE campaign_id IS NOT NULL;
CREATE INDEX reply_recipient ON reply (workspace_id, campaign_id, seq) WHERE campaign_id IS NOT NULL;
CREATE INDEX reply_contact ON reply (workspace_id, contact_id, at);

-- Things Meta told about account, number, limit, price or template that a person should be able to read later.
CREATE TABLE account_notice (
  workspace_id uuid        NOT NULL REFERENCES workspace (id),
  id           uuid        NOT NULL,
  account_id   uuid        NOT NULL,
  field        text        NOT NULL,                 -- the webhook field
  event        text        NOT NULL DEFAULT '',
  severity     text        NOT NULL DEFAULT 'info' CHECK (severity IN ('info', 'warning', 'critical')),
  text         text        NOT NULL,
  detail       jsonb       NOT NULL DEFAULT '{}',
  at           timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
