-- Recurring campaigns: what is sent, and a rule that says when. Each occurrence becomes a campaign of its own, made once when it is due.
CREATE TABLE recurrence (
  workspace_id     uuid        NOT NULL REFERENCES workspace (id),
  id               uuid        NOT NULL,
  name             text        NOT NULL CHECK (length(name) BETWEEN 1 AND 180),
  content          jsonb       NOT NULL,             -- a CampaignInput without name, scheduledAt and finishBy
  rule             text        NOT NULL,             -- RFC 5545 RRULE, checked by recurrences/rule.ts
  starts_at        timestamptz NOT NULL,             -- the first occurrence may not lie before it; its clock time in time_zone is everybody's
  time_zone        text        NOT NULL,
  is_paused        boolean     NOT NULL DEFAULT false,
  next_at          timestamptz,                      -- null: the rule has ended
  approved_version int,                              -- version whose exact content somebody holding Execute approved
  version          int         NOT NULL DEFAULT 1,
  created_by_id    uuid,
  created_by_name  text        NOT NULL,
  created_by_type  text        NOT NULL CHECK (created_by_type IN ('user', 'apiKey')),
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX recurrence_due ON recurrence (next_at) WHERE NOT is_paused AND next_at IS NOT NULL; -- the scheduler's sweep
SELECT wall_off('recurrence');

ALTER TABLE campaign
  ADD COLUMN recurrence_id uuid,
  ADD COLUMN occurrence_at timestamptz;
CREATE UNIQUE INDEX campaign_occurrence ON campaign (workspace_id, recurrence_id, occurrence_at) WHERE recurrence_id IS NOT NULL; -- one campaign each
