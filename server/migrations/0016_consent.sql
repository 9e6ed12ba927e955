-- Consent of a workspace's own making: words that stop or start beside the built-in ones (api.md §7).

-- [{ language, words: [text, …] }, …] as people wrote them; how they compare is webhooks/stop-words.ts. A few dozen words, always read whole.
ALTER TABLE workspace
  ADD COLUMN stop_words  jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN start_words jsonb NOT NULL DEFAULT '[]';

-- Orders of POST /Contact/consent/getall, newest first. Answers to "may we" come by the million from imports; what people said themselves is
-- rare among them, and its index costs imports nothing.
CREATE INDEX consent_event_time ON consent_event (workspace_id, said_at, contact_id);
CREATE INDEX consent_event_opt  ON consent_event (workspace_id, said_at, contact_id) WHERE kind IN ('opted_out', 'opted_in');

-- What messages are about: somebody may want the news and not the offers. A topic that was deleted stays for those who are out of it.
CREATE TABLE topic (
  workspace_id    uuid        NOT NULL REFERENCES workspace (id),
  id              uuid        NOT NULL,
  name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  description     text        NOT NULL DEFAULT '',
  created_by_name text        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  deleted_at      timestamptz,
  PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX topic_name ON topic (workspace_id, lower(name)) WHERE deleted_at IS NULL;
SELECT wall_off('topic');

ALTER TABLE campaign
  ADD COLUMN topic_id uuid,
  ADD FOREIGN KEY (workspace_id, topic_id) REFERENCES topic (workspace_id, id);

-- As `consent`, for one topic. Only those who said something about a topic have a row: ten million contacts that said nothing cost nothing, no
-- column of contact (seven indexes) moves with it, and a campaign without a topic never looks here. The guard finds one person by the key; a
-- freeze reads the partial index once and hashes it.
CREATE TABLE contact_topic (
  workspace_id uuid        NOT NULL,
  contact_id   uuid        NOT NULL,
  topic_id     uuid        NOT NULL,
  source       text        NOT NULL CHECK (source IN ('word', 'button', 'meta', 'admin', 'api', 'import')),
  stopped      boolean     NOT NULL,
  said_at      timestamptz NOT NULL,                 -- provider time where there is one
  PRIMARY KEY (workspace_id, contact_id, topic_id, source),
  FOREIGN KEY (workspace_id, contact_id) REFERENCES contact (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, topic_id) REFERENCES topic (workspace_id, id)
);
CREATE INDEX contact_topic_out ON contact_topic (workspace_id, topic_id, contact_id) WHERE stopped;
SELECT wall_off('contact_topic');

-- As `suppression`, for one topic: the keyed hash of a deleted contact that was out of it keeps the number out after a re-import.
CREATE TABLE topic_suppression (
  workspace_id uuid        NOT NULL,
  topic_id     uuid        NOT NULL,
  key_hash     bytea       NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, topic_id, key_hash),
  FOREIGN KEY (workspace_id, topic_id) REFERENCES topic (workspace_id, id)
);
SELECT wall_off('topic_suppression');

-- What a stop and an entry of the history are about: a topic, or by the nil id everything. One body may stop a topic and everything.
ALTER TABLE opt_out_fact
  ADD COLUMN topic_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  DROP CONSTRAINT opt_out_fact_pkey,
  ADD PRIMARY KEY (workspace_id, key, inbox_id, source, topic_id);
ALTER TABLE consent_event
  ADD COLUMN topic_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  DROP CONSTRAINT consent_event_pkey,
  ADD PRIMARY KEY (workspace_id, contact_id, said_at, source, kind, topic_id);
