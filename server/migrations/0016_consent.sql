-- Consent of a workspace's own making: words that stop or start beside the built-in ones (api.md §7).

-- [{ language, words: [text, …] }, …] as people wrote them; how they compare is webhooks/stop-words.ts. A few dozen words, always read whole.
ALTER TABLE workspace
  ADD COLUMN stop_words  jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN start_words jsonb NOT NULL DEFAULT '[]';

-- Orders of POST /Contact/consent/getall, newest first. Answers to "may we" come by the million from imports; what people said themselves is
-- rare among them, and its index costs imports nothing.
CREATE INDEX consent_event_time ON consent_event (workspace_id, said_at, contact_id);
CREATE INDEX consent_event_opt  ON consent_event (workspace_id, said_at, contact_id) WHERE kind IN ('opted_out', 'opted_in');
