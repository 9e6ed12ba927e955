-- Launches that a person confirmed (docs/decisions/0019-confirmed-launch.md).

-- What the person confirmed, kept until the audience is frozen: the freeze refuses more people, or another content. Null: not confirmed so.
ALTER TABLE campaign
  ADD COLUMN confirmed_audience_max int CHECK (confirmed_audience_max > 0),
  ADD COLUMN confirmed_content      bytea CHECK (length(confirmed_content) = 32),
  ADD CHECK ((confirmed_audience_max IS NULL) = (confirmed_content IS NULL));

-- A confirmation says itself what it is good for; only that it was used must be remembered, and only until it would have expired.
CREATE TABLE spent_confirmation (
  workspace_id uuid        NOT NULL REFERENCES workspace (id),
  id           uuid        NOT NULL,
  campaign_id  uuid        NOT NULL,
  spent_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);
SELECT wall_off('spent_confirmation');
