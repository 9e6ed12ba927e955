-- Contacts, their consent, suppressions and imports.

-- Tags compare without regard to case: the folded copy is what filters look at.
-- One lower() over all of them: a sub-select here costs as much as an index. Tags hold no control characters.
CREATE FUNCTION fold_tags(tags text[]) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN string_to_array(lower(array_to_string(tags, E'\x1f')), E'\x1f');
END $$;

CREATE TABLE contact (
  workspace_id     uuid        NOT NULL,             -- no foreign key: checking it for each row cost a tenth of an import
  id               uuid        NOT NULL,
  phone_e164       text        CHECK (phone_e164 ~ '^\+[1-9][0-9]{5,14}$'),
  user_id          text,                             -- Meta's business-scoped user id (BSUID)
  wa_id            text,                             -- digits as WhatsApp resolved them, may differ from the phone
  -- The number normalised over national alternates (digits, no +), else the BSUID: equal keys are one person (delivery.md §2).
  -- Null when nothing can be sent to.
  send_key         text,
  key_hash         bytea,                            -- keyed hash of send_key: matches suppressions that outlive a deleted contact
  first_name       text,
  last_name        text,
  email            text,
  language         text,
  country          text,                             -- ISO 3166 alpha-2, from the number
  time_zone        text,
  external_id      text,
  tags             text[]      NOT NULL DEFAULT '{}',
  tag_keys         text[]      GENERATED ALWAYS AS (fold_tags(tags)) STORED,
  attributes       jsonb       NOT NULL DEFAULT '{}', -- string values
  is_active        boolean     NOT NULL DEFAULT true,
  marketing_opt_in boolean,
  opted_out_at     timestamptz,                      -- derived from consent: not null while any source says stop
  last_inbound_at  timestamptz,                      -- opens the 24 h customer service window
  marketing_rest_until timestamptz,                  -- Meta held marketing back from this person (131049)
  import_id        uuid,                             -- the import that created or last updated it
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  search_text      text        GENERATED ALWAYS AS (
                     lower(coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(phone_e164, ''))) STORED,
  PRIMARY KEY (workspace_id, id),
  CHECK (phone_e164 IS NOT NULL OR user_id IS NOT NULL)
);
-- Every index costs each imported row; each names who asks. Suppressions need none: they are found from the contact by their own key.
CREATE UNIQUE INDEX contact_phone ON contact (workspace_id, phone_e164);             -- import, upsert, contactFilter.phones
CREATE UNIQUE INDEX contact_user_id ON contact (workspace_id, user_id) WHERE user_id IS NOT NULL; -- inbound messages, receipts
CREATE INDEX contact_send_key ON contact (workspace_id, send_key);                 -- inbound messages; opt-outs reach all alternates
CREATE INDEX contact_wa_id ON contact (workspace_id, wa_id) WHERE wa_id IS NOT NULL; -- inbound messages
CREATE INDEX contact_tags ON contact USING gin (workspace_id, tag_keys);           -- contactFilter.tags
CREATE INDEX contact_search ON contact USING gin (workspace_id, search_text gin_trgm_ops); -- searchTerm
CREATE INDEX contact_of_import ON contact (workspace_id, import_id) WHERE import_id IS NOT NULL; -- contactFilter.importId, undo

-- One row per person and source; a person is out while any source says stop (delivery.md §5).
CREATE TABLE consent (
  workspace_id uuid        NOT NULL,
  contact_id   uuid        NOT NULL,
  source       text        NOT NULL CHECK (source IN ('word', 'button', 'meta', 'admin', 'api', 'import')),
  stopped      boolean     NOT NULL,
  said_at      timestamptz NOT NULL,                 -- provider time where there is one
  note         text        NOT NULL DEFAULT '',
  actor_name   text,
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, contact_id, source),
  FOREIGN KEY (workspace_id, contact_id) REFERENCES contact (workspace_id, id) ON DELETE CASCADE
);

-- Numbers that must never be messaged, known contacts or not. After deletion of an opted-out contact only the keyed hash stays.
CREATE TABLE suppression (
  workspace_id uuid        NOT NULL REFERENCES workspace (id),
  key_hash     bytea       NOT NULL,
  id           uuid        NOT NULL,
  phone_e164   text,
  reason       text        NOT NULL,
  source       text        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, key_hash),
  UNIQUE (workspace_id, id)
);

-- Insert-only facts "this person said stop", committed by webhook intake before its 200 and read by the intent's guard, so that an
-- acknowledged opt-out stops sending before it is processed. The processor applies them to consent and deletes them.
-- An unlinked one (no contact known) stays and is applied when a later receipt links the person.
CREATE TABLE opt_out_fact (
  workspace_id uuid        NOT NULL REFERENCES workspace (id),
  key          text        NOT NULL,                 -- a send key (digits or BSUID)
  inbox_id     bigint      NOT NULL,
  source       text        NOT NULL CHECK (source IN ('word', 'button', 'meta')),
  said_at      timestamptz NOT NULL,
  is_unlinked  boolean     NOT NULL DEFAULT false,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, key, inbox_id, source)
);
CREATE INDEX opt_out_fact_inbox ON opt_out_fact (inbox_id); -- removed with the inbox row that brought it

CREATE TABLE contact_import (
  workspace_id    uuid        NOT NULL REFERENCES workspace (id),
  id              uuid        NOT NULL,
  status          text        NOT NULL CHECK (status IN ('Queued', 'Running', 'Completed', 'Failed', 'Cancelled')),
  file_name       text,
  headers         text[]      NOT NULL,
  dialect         jsonb       NOT NULL,              -- { delimiter, newline }
  mapping         jsonb       NOT NULL,
  options         jsonb       NOT NULL,              -- { defaultCountry, tags, onExisting, dryRun }
  rows            int         NOT NULL DEFAULT 0,    -- data rows staged
  applied_line    int         NOT NULL DEFAULT 0,    -- every row up to here is applied: a restart goes on behind it
  created         int         NOT NULL DEFAULT 0,
  updated         int         NOT NULL DEFAULT 0,
  skipped         int         NOT NULL DEFAULT 0,
  failed          int         NOT NULL DEFAULT 0,
  failure         text,
  undone_at       timestamptz,
  created_by_name text        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  started_at      timestamptz,
  completed_at    timestamptz,
  PRIMARY KEY (workspace_id, id)
);

-- The uploaded rows as they came, a chunk of some thousand each: what one transaction applies. (A table row for each row of the file cost as
-- much as storing the contact.) No file on disk: any process can finish an import. What was wrong with those refused stands below.
CREATE TABLE contact_import_chunk (
  workspace_id uuid   NOT NULL,
  import_id    uuid   NOT NULL,
  first_line   int    NOT NULL,                      -- line of the file on which its text begins, header = 1
  last_line    int    NOT NULL,                      -- line on which its last row begins
  rows         int    NOT NULL,
  text         text   NOT NULL,                      -- whole records, as they stand in the file
  PRIMARY KEY (workspace_id, import_id, last_line)
);
ALTER TABLE contact_import_chunk ALTER COLUMN text SET STORAGE EXTERNAL; -- written once, read once: compressing costs more than it saves
CREATE TABLE contact_import_error (
  workspace_id uuid   NOT NULL,
  import_id    uuid   NOT NULL,
  line         int    NOT NULL,
  reason       text   NOT NULL,                      -- stable slug
  detail       text   NOT NULL,
  cells        text[] NOT NULL,
  PRIMARY KEY (workspace_id, import_id, line)
);
-- What an import changed, so that it can be undone: the contact as it was. Contacts it created have none.
CREATE TABLE contact_import_change (
  workspace_id uuid  NOT NULL,
  import_id    uuid  NOT NULL,
  contact_id   uuid  NOT NULL,
  before       jsonb NOT NULL,
  PRIMARY KEY (workspace_id, import_id, contact_id)
);
