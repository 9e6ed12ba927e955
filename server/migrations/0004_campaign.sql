-- Campaigns and the hot tables of sending: measured shape, see docs/decisions/0002-table-shape.md.

CREATE TABLE campaign (
  workspace_id    uuid        NOT NULL REFERENCES workspace (id),
  id              uuid        NOT NULL,
  name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  status          text        NOT NULL CHECK (status IN ('Draft', 'Scheduled', 'Running', 'Completed', 'Failed', 'Cancelled')),
  template_id     uuid        NOT NULL,
  sender_id       uuid,                              -- as asked; null = the account's default number
  number_id       uuid,                              -- resolved when the campaign starts
  account_id      uuid,                              -- resolved when the campaign starts
  contact_filter  jsonb       NOT NULL,
  variables       jsonb       NOT NULL DEFAULT '{}',
  header_media    jsonb,
  rate_per_second int         CHECK (rate_per_second BETWEEN 1 AND 10000),
  unknown_policy  text        NOT NULL DEFAULT 'hold' CHECK (unknown_policy IN ('hold', 'confident', 'resend')),
  scheduled_at    timestamptz,
  time_zone       text,
  parent_id       uuid,
  resend_outcome  text,
  failure_reason  jsonb,                             -- { code, title, detail }
  created_by_id   uuid,
  created_by_name text        NOT NULL,
  created_by_type text        NOT NULL CHECK (created_by_type IN ('user', 'apiKey', 'system')),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(), -- moves with the editable fields only
  version         int         NOT NULL DEFAULT 1,     -- the ETag: moves with the editable fields only
  approved_version int,                               -- version whose exact content somebody holding Execute approved
  started_at      timestamptz,
  frozen_at       timestamptz,
  completed_at    timestamptz,
  deleted_at      timestamptz,
  audience        int         NOT NULL DEFAULT 0,    -- recipients, 0 until frozen
  frozen_template jsonb,                             -- { name, language, category, parameterFormat, components } at the freeze
  field_names     text[]      NOT NULL DEFAULT '{}', -- what recipient.fields holds, in order
  receipts_due    boolean     NOT NULL DEFAULT true, -- its Sent messages were not yet looked through for "no receipt"
  PRIMARY KEY (workspace_id, id),
  FOREIGN KEY (workspace_id, template_id) REFERENCES template (workspace_id, id),
  CHECK (status <> 'Scheduled' OR scheduled_at IS NOT NULL),
  CHECK (status NOT IN ('Running', 'Completed') OR started_at IS NOT NULL),
  CHECK (frozen_at IS NULL OR (frozen_template IS NOT NULL AND number_id IS NOT NULL)),
  CHECK (status <> 'Completed' OR (frozen_at IS NOT NULL AND completed_at IS NOT NULL))
);
CREATE INDEX campaign_list ON campaign (workspace_id, created_at DESC, id) WHERE deleted_at IS NULL;    -- getall, default order
CREATE INDEX campaign_due ON campaign (scheduled_at) WHERE status = 'Scheduled' AND deleted_at IS NULL; -- the scheduler's sweep
CREATE INDEX campaign_running ON campaign (number_id) WHERE status = 'Running';                         -- dispatch, freeze, completion
CREATE INDEX campaign_receipts_due ON campaign (completed_at) WHERE receipts_due AND completed_at IS NOT NULL; -- time to live passed
CREATE INDEX campaign_parent ON campaign (workspace_id, parent_id) WHERE parent_id IS NOT NULL;

-- Counts by current state, moved in the transaction that moves the states. Pending is never stored: audience minus the rest.
-- A table of its own, so that counting never locks the campaign.
CREATE TABLE campaign_counter (
  workspace_id uuid NOT NULL,
  campaign_id  uuid NOT NULL,
  sent         int  NOT NULL DEFAULT 0 CHECK (sent >= 0),
  delivered    int  NOT NULL DEFAULT 0 CHECK (delivered >= 0),
  read         int  NOT NULL DEFAULT 0 CHECK (read >= 0),
  rejected     int  NOT NULL DEFAULT 0 CHECK (rejected >= 0),    -- Failed, surely never accepted
  undelivered  int  NOT NULL DEFAULT 0 CHECK (undelivered >= 0), -- Failed, accepted and then a failed receipt
  skipped      int  NOT NULL DEFAULT 0 CHECK (skipped >= 0),
  unknown      int  NOT NULL DEFAULT 0 CHECK (unknown >= 0),
  cancelled    int  NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
  held         int  NOT NULL DEFAULT 0,                          -- of sent: held by Meta for quality assessment
  clicked      int  NOT NULL DEFAULT 0,                          -- people who pressed a button that is not a stop button
  clicks       int  NOT NULL DEFAULT 0,
  replied      int  NOT NULL DEFAULT 0,                          -- people
  opted_out    int  NOT NULL DEFAULT 0,                          -- people
  PRIMARY KEY (workspace_id, campaign_id)
) WITH (fillfactor = 50);

-- Events per minute, for charts: when people were sent to, got it, read it, failed, clicked. Moved with the counters.
CREATE TABLE campaign_minute (
  workspace_id uuid        NOT NULL,
  campaign_id  uuid        NOT NULL,
  minute       timestamptz NOT NULL,
  sent         int         NOT NULL DEFAULT 0,  -- accepted by Meta
  delivered    int         NOT NULL DEFAULT 0,
  read         int         NOT NULL DEFAULT 0,
  failed       int         NOT NULL DEFAULT 0,
  clicked      int         NOT NULL DEFAULT 0,  -- clicks, stop buttons left out
  PRIMARY KEY (workspace_id, campaign_id, minute)
) WITH (fillfactor = 70);
CREATE INDEX campaign_minute_time ON campaign_minute (workspace_id, minute); -- dashboard/main

-- The frozen audience: written once, never changed. seq counts 1 … audience.
CREATE TABLE recipient (
  workspace_id uuid   NOT NULL,
  campaign_id  uuid   NOT NULL,
  seq          int    NOT NULL CHECK (seq > 0),
  contact_id   uuid   NOT NULL,
  send_key     text,                                 -- null for those Skipped by the freeze
  address      text,                                 -- what goes to Meta: +E.164, or the BSUID; null for those Skipped by the freeze
  fields       text[] NOT NULL DEFAULT '{}',         -- the contact fields the variables read, in the order of campaign.field_names
  PRIMARY KEY (workspace_id, campaign_id, seq),
  UNIQUE (workspace_id, contact_id, campaign_id)   -- one place each; a contact's latest campaigns: receipts without address, timeline
);
CREATE UNIQUE INDEX recipient_send_key ON recipient (workspace_id, campaign_id, send_key) WHERE send_key IS NOT NULL;

-- Where sending stands. Sending is derived: seq <= cursor_seq and no message row (or a row in state Sending, for a retry).
CREATE TABLE campaign_slice (
  workspace_id uuid        NOT NULL,
  campaign_id  uuid        NOT NULL,
  slice_no     int         NOT NULL,                 -- (seq - 1) / 500
  first_seq    int         NOT NULL,
  last_seq     int         NOT NULL,
  cursor_seq   int         NOT NULL,                 -- first_seq - 1 … last_seq; never decreases
  owner_token  bigint      NOT NULL DEFAULT 0,       -- fencing token of the owner that advanced it last
  advanced_at  timestamptz,                          -- database time of the last advance or retry intent
  sending      int         NOT NULL DEFAULT 0 CHECK (sending >= 0), -- intents without a durable result
  -- counts by shown state (Pending is the rest), moved in the same transactions as the message rows
  sent         int         NOT NULL DEFAULT 0 CHECK (sent >= 0),
  delivered    int         NOT NULL DEFAULT 0 CHECK (delivered >= 0),
  read         int         NOT NULL DEFAULT 0 CHECK (read >= 0),
  failed       int         NOT NULL DEFAULT 0 CHECK (failed >= 0),
  skipped      int         NOT NULL DEFAULT 0 CHECK (skipped >= 0),
  unknown      int         NOT NULL DEFAULT 0 CHECK (unknown >= 0),
  cancelled    int         NOT NULL DEFAULT 0 CHECK (cancelled >= 0), -- message rows Cancelled; past the cursor Cancelled is derived
  PRIMARY KEY (workspace_id, campaign_id, slice_no),
  CHECK (cursor_seq BETWEEN first_seq - 1 AND last_seq)
) WITH (fillfactor = 50);
-- Slices with intents that have no result yet: few at any moment. In-flight counts, take-overs and the rescuer read only these.
CREATE INDEX campaign_slice_open ON campaign_slice (workspace_id, campaign_id, slice_no) WHERE sending > 0;

-- What became of a recipient. state: 0 Pending (waiting for a retry), 1 Sending (a retry's intent), 2 Unknown, 3 Skipped, 4 Cancelled,
-- 5 Failed rejected, 6 Sent, 7 Failed undelivered, 8 Delivered, 9 Read. From 6 on Meta accepted it, and the merge of receipts is the maximum.
CREATE TABLE message (
  workspace_id     uuid        NOT NULL,
  campaign_id      uuid        NOT NULL,
  seq              int         NOT NULL,
  state            smallint    NOT NULL CHECK (state BETWEEN 0 AND 9),
  prev_state       smallint,                         -- before the latest write: tells that write which counters to move
  prev_error_code  int,
  prev_failed_at   timestamptz,                      -- and in which minute of the series
  attempt          smallint    NOT NULL DEFAULT 0,   -- highest attempt intended
  tries            smallint    NOT NULL DEFAULT 0,   -- attempts that count towards the 5
  skip_reason      text,
  error_code       int,
  error_title      text,
  is_retryable     boolean,
  is_held          boolean     NOT NULL DEFAULT false, -- held_for_quality_assessment
  prev_is_held     boolean     NOT NULL DEFAULT false,
  has_no_receipt   boolean     NOT NULL DEFAULT false, -- time-to-live passed without a receipt
  is_closed        boolean     NOT NULL DEFAULT false, -- an operator gave up on it
  wamid            text,
  intended_at      timestamptz,
  accepted_at      timestamptz,                      -- our time of the answer
  sent_at          timestamptz,                      -- Meta's times; the smallest told wins
  delivered_at     timestamptz,
  read_at          timestamptz,
  failed_at        timestamptz,
  settled_at       timestamptz,
  owner_token      bigint,                           -- of a retry's intent
  pricing_category text,
  pricing_type     text,
  pricing_state    smallint,                         -- state whose receipt brought the pricing
  pricing_at       timestamptz,
  PRIMARY KEY (workspace_id, campaign_id, seq),
  CHECK (state <> 3 OR skip_reason IS NOT NULL),
  CHECK (state <> 8 OR delivered_at IS NOT NULL),
  CHECK (state <> 9 OR (read_at IS NOT NULL AND delivered_at IS NOT NULL)),
  CHECK (state <> 7 OR failed_at IS NOT NULL)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Recipients waiting for another attempt. Small: written with the move to Pending, deleted by the next intent.
CREATE TABLE message_retry (
  workspace_id uuid        NOT NULL,
  campaign_id  uuid        NOT NULL,
  seq          int         NOT NULL,
  attempt      smallint    NOT NULL,                 -- the attempt that failed; the next is attempt + 1
  due_at       timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, campaign_id, seq)
);
CREATE INDEX message_retry_due ON message_retry (workspace_id, campaign_id, due_at);

-- Every attempt that did not simply succeed, for a recipient's trail. Failures are few; successes live in message alone.
CREATE TABLE message_event (
  workspace_id uuid        NOT NULL,
  campaign_id  uuid        NOT NULL,
  seq          int         NOT NULL,
  id           uuid        NOT NULL,
  at           timestamptz NOT NULL DEFAULT now(),
  kind         text        NOT NULL,                 -- retry, unknown, throttled, not_written, double, resent, closed …
  attempt      smallint,
  code         int,
  detail       text        NOT NULL DEFAULT '',
  PRIMARY KEY (workspace_id, campaign_id, seq, id)
);

-- Who drives a number (delivery.md §6). A worker proves it is alive by a session advisory lock on worker_key.
CREATE TABLE number_lease (
  workspace_id     uuid        NOT NULL,
  number_id        uuid        NOT NULL,
  token            bigint      NOT NULL DEFAULT 0,   -- fencing: grows with every take-over
  worker_key       bigint,                           -- null: free
  owner_gone_since timestamptz,                      -- first time the owner's lock was seen missing
  taken_at         timestamptz,
  PRIMARY KEY (workspace_id, number_id),
  FOREIGN KEY (workspace_id, number_id) REFERENCES phone_number (workspace_id, id)
);
CREATE SEQUENCE worker_key_seq;

-- Test sends: outside all campaign counters, inside permits and the in-flight window.
CREATE TABLE test_send (
  workspace_id uuid        NOT NULL,
  id           uuid        NOT NULL,
  campaign_id  uuid        NOT NULL,
  number_id    uuid        NOT NULL,
  phone_e164   text        NOT NULL,
  send_key     text        NOT NULL,                 -- as of a contact: what opt-outs and suppressions are looked up by
  key_hash     bytea       NOT NULL,
  request      jsonb       NOT NULL,                 -- the rendered template object
  state        text        NOT NULL DEFAULT 'Pending' CHECK (state IN ('Pending', 'Sending', 'Unknown', 'Sent', 'Delivered', 'Read', 'Failed')),
  owner_token  bigint,
  intended_at  timestamptz,
  settled_at   timestamptz,
  wamid        text,
  error_code   int,
  error_title  text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX test_send_open ON test_send (number_id, created_at) WHERE state IN ('Pending', 'Sending');
