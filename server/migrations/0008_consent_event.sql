-- Why: `consent` keeps one row per person and source, so a later word replaces an earlier one. This is the history: who said what, when, to
-- whom, with which evidence. Append-only. One fact told twice (a repeated webhook) is one row, by its key.

CREATE TABLE consent_event (
  workspace_id uuid        NOT NULL,
  contact_id   uuid        NOT NULL,
  said_at      timestamptz NOT NULL,                 -- provider time where there is one
  source       text        NOT NULL CHECK (source IN ('word', 'button', 'meta', 'admin', 'api', 'import', 'earlier')),
  kind         text        NOT NULL CHECK (kind IN ('opted_out', 'opted_in', 'marketing_yes', 'marketing_no', 'marketing_unset')),
  note         text        NOT NULL DEFAULT '',      -- the evidence: what was said, where, the campaign or file it came with
  actor_name   text,                                 -- the user or key that recorded it; null: the person themselves, by a message
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, contact_id, said_at, source, kind),
  FOREIGN KEY (workspace_id, contact_id) REFERENCES contact (workspace_id, id) ON DELETE CASCADE
);

-- Append-only also for ourselves: a row goes with its contact, and otherwise stays as it was written.
CREATE FUNCTION refuse_consent_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'consent_event is append-only';
END $$;
CREATE TRIGGER consent_event_is_append_only BEFORE UPDATE ON consent_event FOR EACH ROW EXECUTE FUNCTION refuse_consent_change();

-- What is known from before this table.
INSERT INTO consent_event (workspace_id, contact_id, said_at, source, kind, note, actor_name, recorded_at)
SELECT workspace_id, contact_id, said_at, source, CASE WHEN stopped THEN 'opted_out' ELSE 'opted_in' END, note, actor_name, recorded_at FROM consent;
INSERT INTO consent_event (workspace_id, contact_id, said_at, source, kind)
SELECT workspace_id, id, updated_at, 'earlier', CASE WHEN marketing_opt_in THEN 'marketing_yes' ELSE 'marketing_no' END
  FROM contact WHERE marketing_opt_in IS NOT NULL;

-- Orders of getall: a deep page skips entries of an index, never rows (api.md §1: only filtered pages have an end).
DROP INDEX campaign_list; -- its order of ids was the other one
CREATE INDEX campaign_list ON campaign (workspace_id, created_at, id) WHERE deleted_at IS NULL;
