-- What keeps it flat over years: people of old campaigns go after RETENTION_DAYS (docs/decisions/0013-retention.md).

-- people_deleted_at: from then on they are no longer shown; has_people: some of their rows may still be there. What is counted stays, and so does
-- how many people pressed any button, which was counted from their rows.
ALTER TABLE campaign
  ADD COLUMN people_deleted_at timestamptz,
  ADD COLUMN has_people        boolean NOT NULL DEFAULT true,
  ADD COLUMN pressers          int;
CREATE INDEX campaign_with_people ON campaign (completed_at) WHERE has_people AND completed_at IS NOT NULL; -- retention: the next campaign
CREATE INDEX unmatched_receipt_filed ON unmatched_receipt (first_at) WHERE filed_as IS NOT NULL;          -- retention: filed long ago

-- Indexes that no query needs (server/src/platform/test-indexes.ts names the query of every other).
DROP INDEX campaign_parent;                 -- children are never looked for by their parent
DROP INDEX button_click_button;             -- who pressed is read from button_presser, clicks by the minute from campaign_minute
DROP INDEX identity_two_factor_secret_idx;  -- a second factor is found by its person

-- Vacuum. The server's defaults wait for a fifth of a table: with ten million recipients two million dead rows, and on a row that is written a
-- thousand times a second no help at all. How often counts in dead rows, so a fixed number for small hot tables and a twentieth for large ones.

-- Large, each row written and then updated two or three times as its receipts come. Fill factor 85 keeps these updates on their page, no index
-- moves with them; a vacuum after inserts marks pages of finished campaigns all-visible and frozen early, in small parts.
ALTER TABLE message SET (autovacuum_vacuum_insert_scale_factor = 0.05);
-- Large and hardly ever updated: only what comes after inserts matters.
ALTER TABLE recipient SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
-- Large, updated by imports and by ids that receipts teach, which move indexes: half a million dead rows of ten million instead of two. Packed
-- full: room on its pages would help only who wrote back (last_inbound_at), and cost every import.
ALTER TABLE contact SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
-- One row for each person within 24 hours, all of them gone a day later.
ALTER TABLE daily_person SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);

-- Small, each row updated all the time: half-empty pages let an update find room beside the row and prune what is dead without any vacuum; vacuum
-- comes by a fixed number, so that what was not pruned (a long transaction elsewhere) goes within a minute of its end.
ALTER TABLE campaign_slice   SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_analyze_scale_factor = 0.1);
ALTER TABLE campaign_counter SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE campaign_minute  SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
ALTER TABLE campaign_charge  SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
ALTER TABLE campaign_failure SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
ALTER TABLE button_counter   SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
ALTER TABLE receipt_minute   SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
ALTER TABLE daily_room       SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
-- Some rows only, updated when a number changes hands; every intent locks one, which leaves no dead row.
ALTER TABLE number_lease     SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);

-- Queues: written, read and deleted within moments. Vacuum early, or whoever takes the oldest wades through the dead; never give pages back
-- to the file system, because that takes a lock for which webhooks and intents would wait, and the pages are needed again at once.
ALTER TABLE webhook_inbox  SET (vacuum_truncate = false, toast.autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_vacuum_threshold = 1000, toast.vacuum_truncate = false);
ALTER TABLE opt_out_fact   SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500, vacuum_truncate = false);
ALTER TABLE message_retry  SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, vacuum_truncate = false);
ALTER TABLE outgoing_event SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, vacuum_truncate = false);
-- A log of 30 days whose rows are updated once or twice, out of the index of those due: a twentieth.
ALTER TABLE outgoing_delivery SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
