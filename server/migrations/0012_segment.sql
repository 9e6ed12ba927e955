-- Segments: a contactFilter with a name. Nothing is stored about who matches: a segment is asked whenever it is used.
CREATE TABLE segment (
  workspace_id    uuid        NOT NULL REFERENCES workspace (id),
  id              uuid        NOT NULL,
  name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  description     text        NOT NULL DEFAULT '',
  filter          jsonb       NOT NULL,
  created_by_name text        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX segment_name ON segment (workspace_id, lower(name));
