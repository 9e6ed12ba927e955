-- Experiments: two to four messages to parts of an audience drawn at random; the better one goes to the rest. Each part, and the rest, is a
-- campaign of its own, so that everything a campaign promises holds here too.
CREATE TABLE experiment (
  workspace_id    uuid        NOT NULL REFERENCES workspace (id),
  id              uuid        NOT NULL,
  name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 180),
  status          text        NOT NULL DEFAULT 'Draft' CHECK (status IN ('Draft', 'Starting', 'Testing', 'Decided', 'Failed', 'Cancelled')),
  contact_filter  jsonb       NOT NULL,
  variants        jsonb       NOT NULL,              -- [ CampaignContent without contactFilter ], in the order A, B, C, D
  test_share      real        NOT NULL CHECK (test_share > 0 AND test_share <= 1),       -- of the audience, all variants together
  hold_out_share  real        NOT NULL DEFAULT 0 CHECK (hold_out_share >= 0 AND hold_out_share < 1), -- who get nothing
  decide_by       text        NOT NULL CHECK (decide_by IN ('read', 'click')),
  decide_minutes  int         NOT NULL CHECK (decide_minutes BETWEEN 1 AND 10080),
  certainty       real        CHECK (certainty BETWEEN 0.5 AND 0.999),                    -- decided as soon as it is reached; null: at the time
  seed            bigint      NOT NULL,              -- of the draw
  people          int[]       NOT NULL DEFAULT '{}', -- how many were drawn into each part, counted once
  started_at      timestamptz,
  decide_at       timestamptz,
  decided_at      timestamptz,
  winner          smallint    CHECK (winner BETWEEN 0 AND 3),
  decision        jsonb,                             -- { how: time | certainty | person, by, certainty }
  failure         text,
  created_by_id   uuid,
  created_by_name text        NOT NULL,
  created_by_type text        NOT NULL CHECK (created_by_type IN ('user', 'apiKey')),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  version         int         NOT NULL DEFAULT 1,
  PRIMARY KEY (workspace_id, id),
  CHECK (test_share + hold_out_share <= 1)
);
CREATE INDEX experiment_open ON experiment (workspace_id, id) WHERE status IN ('Starting', 'Testing'); -- the sweep
SELECT wall_off('experiment');

-- Who was drawn into which part, once: 0 … 3 the variants, 4 the rest, 5 those held out. The same number is in one part only.
CREATE TABLE experiment_person (
  workspace_id  uuid     NOT NULL,
  experiment_id uuid     NOT NULL,
  part          smallint NOT NULL CHECK (part BETWEEN 0 AND 5),
  contact_id    uuid     NOT NULL,
  PRIMARY KEY (workspace_id, experiment_id, part, contact_id)
);
SELECT wall_off('experiment_person');

ALTER TABLE campaign
  ADD COLUMN experiment_id   uuid,
  ADD COLUMN experiment_part smallint;
CREATE UNIQUE INDEX campaign_experiment ON campaign (workspace_id, experiment_id, experiment_part) WHERE experiment_id IS NOT NULL; -- one campaign each
