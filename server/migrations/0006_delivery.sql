-- Why people were not reached, counted per campaign: moved with the states, so that "why messages failed" never scans messages.
CREATE TABLE campaign_failure (
  workspace_id uuid NOT NULL,
  campaign_id  uuid NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('rejected', 'undelivered', 'skipped')),
  code         text NOT NULL,                        -- Meta's error code, or the skip reason
  count        int  NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, campaign_id, kind, code)
);
