-- Quiet hours: nobody is messaged at night by their own clock (delivery.md §6). And the time by which a campaign should have ended.

-- Wall-clock times, HH:MM; the night may cross midnight. Of a workspace: for its marketing campaigns. Of a campaign: its own, instead.
ALTER TABLE workspace
  ADD COLUMN quiet_from text CHECK (quiet_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  ADD COLUMN quiet_to   text CHECK (quiet_to ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  ADD CHECK ((quiet_from IS NULL) = (quiet_to IS NULL) AND quiet_from <> quiet_to);
ALTER TABLE campaign
  ADD COLUMN quiet_from   text CHECK (quiet_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  ADD COLUMN quiet_to     text CHECK (quiet_to ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  ADD COLUMN finish_by    timestamptz,             -- wished for; nothing is cut off by it
  ADD COLUMN frozen_quiet jsonb,                   -- { from, to, zones: [[IANA names], …] } at the freeze; null: none. zone_no is the index
  ADD CHECK ((quiet_from IS NULL) = (quiet_to IS NULL) AND quiet_from <> quiet_to);

-- Only with quiet hours. The freeze orders such an audience by zone, so that a slice holds one zone, or a few neighbours: whole slices sleep
-- without a word about their people, and only those of a slice that is half awake are put off one by one.
ALTER TABLE recipient ADD COLUMN zone_no smallint;
ALTER TABLE campaign_slice
  ADD COLUMN zone_from smallint,                   -- lowest and highest zone_no of those who may be sent to; null: never sleeps
  ADD COLUMN zone_to   smallint;
