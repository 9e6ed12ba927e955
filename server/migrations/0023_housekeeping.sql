-- What keeps it flat over years: people of old campaigns go after RETENTION_DAYS (docs/decisions/0016-retention.md).

-- people_deleted_at: from then on they are no longer shown; has_people: some of their rows may still be there. What is counted stays, and so does
-- how many people pressed any button, which was counted from their rows.
ALTER TABLE campaign
  ADD COLUMN people_deleted_at timestamptz,
  ADD COLUMN has_people        boolean NOT NULL DEFAULT true,
  ADD COLUMN pressers          int;
CREATE INDEX campaign_with_people ON campaign (completed_at) WHERE has_people AND completed_at IS NOT NULL; -- retention: the next campaign
CREATE INDEX unmatched_receipt_filed ON unmatched_receipt (first_at) WHERE filed_as IS NOT NULL;          -- retention: filed long ago
