-- Outgoing webhooks: who wants to know what, what happened, and what came of telling them.

CREATE TABLE webhook_endpoint (
  workspace_id     uuid        NOT NULL REFERENCES workspace (id),
  id               uuid        NOT NULL,
  url              text        NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
  description      text        NOT NULL DEFAULT '',
  events           text[]      NOT NULL,
  secret_sealed    bytea       NOT NULL,
  former_secret_sealed bytea,                        -- signs as well until former_until, so that a receiver can change over
  former_until     timestamptz,
  is_enabled       boolean     NOT NULL DEFAULT true,
  disabled_reason  text,                             -- null while enabled or when a person disabled it
  failing_since    timestamptz,                      -- first failed attempt since the last success
  last_status      int,
  last_attempt_at  timestamptz,
  lease_token      uuid,                             -- one delivery loop per endpoint, however many processes run
  lease_until      timestamptz,
  version          int         NOT NULL DEFAULT 1,   -- the ETag: moves with the editable fields only
  created_by_name  text        NOT NULL,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);

-- The outbox: written in the transaction of what happened, taken out again by the router. One row speaks for a whole batch of messages,
-- so the cost per message stays flat; without a subscriber nothing is written for them at all. It holds ids, never what a person is called.
CREATE TABLE outgoing_event (
  workspace_id uuid        NOT NULL,
  id           uuid        NOT NULL,
  type         text        NOT NULL,
  campaign_id  uuid,
  seqs         int[],                                -- message.*: the recipients
  data         jsonb       NOT NULL DEFAULT '{}',    -- everything else
  at           timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX outgoing_event_order ON outgoing_event (id); -- the router takes the oldest of all workspaces

-- One message to one endpoint, its retries and its log. The body is rendered when it is sent, so the log holds ids alone too.
CREATE TABLE outgoing_delivery (
  workspace_id    uuid        NOT NULL,
  endpoint_id     uuid        NOT NULL,
  id              uuid        NOT NULL,              -- webhook-id: the same for every attempt, receivers tell repetitions by it
  type            text        NOT NULL,
  campaign_id     uuid,
  seqs            int[],
  data            jsonb       NOT NULL DEFAULT '{}',
  happened_at     timestamptz NOT NULL,
  status          text        NOT NULL DEFAULT 'Pending' CHECK (status IN ('Pending', 'Delivered', 'Failed')),
  attempts        jsonb       NOT NULL DEFAULT '[]', -- [{ at, status, error, ms }], latest last
  tries           int         NOT NULL DEFAULT 0,    -- since the last resend
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  created_at      timestamptz NOT NULL DEFAULT now(),
  delivered_at    timestamptz,
  PRIMARY KEY (workspace_id, endpoint_id, id),
  FOREIGN KEY (workspace_id, endpoint_id) REFERENCES webhook_endpoint (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX outgoing_delivery_due ON outgoing_delivery (workspace_id, endpoint_id, next_attempt_at) WHERE status = 'Pending'; -- the sweep
CREATE INDEX outgoing_delivery_age ON outgoing_delivery (created_at); -- the hourly clearing

-- E-mails to the people of a workspace, waiting for the mail server.
CREATE TABLE notice_mail (
  workspace_id    uuid        NOT NULL REFERENCES workspace (id),
  id              uuid        NOT NULL,
  type            text        NOT NULL,
  subject         text        NOT NULL,
  body            text        NOT NULL,
  tries           int         NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX notice_mail_due ON notice_mail (next_attempt_at);
