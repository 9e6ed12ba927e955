-- Why people were not reached, counted per campaign: moved with the states, so that "why messages failed" never scans messages.
CREATE TABLE campaign_failure (
  workspace_id uuid NOT NULL,
  campaign_id  uuid NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('rejected', 'undelivered', 'skipped')),
  code         text NOT NULL,                        -- Meta's error code, or the skip reason
  count        int  NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, campaign_id, kind, code)
);

-- People who were counted against a limit on people per 24 hours (delivery.md §6): of a portfolio, by Meta's tier, and of a number, by its
-- own daily_limit. people is the number of daily_person rows, moved with them, so that no intent counts rows. Unlimited ones have no rows.
CREATE TABLE daily_room (
  workspace_id uuid NOT NULL REFERENCES workspace (id),
  room_id      text NOT NULL,                        -- portfolio:<portfolio or WABA id>, number:<phone_number.id>
  people       int  NOT NULL DEFAULT 0 CHECK (people >= 0),
  PRIMARY KEY (workspace_id, room_id)
) WITH (fillfactor = 50);
CREATE TABLE daily_person (
  workspace_id uuid        NOT NULL,
  room_id      text        NOT NULL,
  send_key     text        NOT NULL,
  last_at      timestamptz NOT NULL,                 -- the latest counted intent
  earlier      timestamptz[] NOT NULL DEFAULT '{}',  -- others within 24 hours before it: they still count when the latest is released
  PRIMARY KEY (workspace_id, room_id, send_key)
) WITH (fillfactor = 85);
CREATE INDEX daily_person_age ON daily_person (workspace_id, room_id, last_at); -- who leaves the 24 hours next

-- Told apart from a restored or cloned database at start-up: epoch (0001) only grows while processes send, each host keeps the highest it saw
-- in DATA_DIR; epoch_mark is the operator's INSTALL_EPOCH. And whether the webhook address answered all the time (policy `confident`).
ALTER TABLE install
  ADD COLUMN epoch_mark             text,
  ADD COLUMN intake_seen_at         timestamptz,
  ADD COLUMN intake_unbroken_since  timestamptz NOT NULL DEFAULT now();

-- Receipts applied per number and minute: a minute in which Meta accepted messages and none came was a gap (policy `confident`).
CREATE TABLE receipt_minute (
  workspace_id uuid        NOT NULL,
  number_id    uuid        NOT NULL,
  minute       timestamptz NOT NULL,
  receipts     int         NOT NULL,
  PRIMARY KEY (workspace_id, number_id, minute)
) WITH (fillfactor = 70);
CREATE INDEX receipt_minute_age ON receipt_minute (minute);

-- Time to live of a template's messages, as Meta tells it; null: Meta's default for the category.
ALTER TABLE template ADD COLUMN ttl_seconds int;

-- The moves of dispatch/moves.ts, as far as two stored states tell: prev_state is what the row was before its latest write. transitions.test.ts
-- compares this with the table there, pair by pair.
ALTER TABLE message ADD CONSTRAINT message_move CHECK (prev_state IS NULL OR prev_state = state OR state = ANY (CASE prev_state
  WHEN 0 THEN '{1,3,4,6,7,8,9}'::smallint[]
  WHEN 1 THEN '{0,2,4,5,6,7,8,9}'::smallint[]
  WHEN 2 THEN '{0,4,5,6,7,8,9}'::smallint[]
  WHEN 3 THEN '{6,7,8,9}'::smallint[]
  WHEN 4 THEN '{6,7,8,9}'::smallint[]
  WHEN 5 THEN '{6,7,8,9}'::smallint[]
  WHEN 6 THEN '{7,8,9}'::smallint[]
  WHEN 7 THEN '{8,9}'::smallint[]
  WHEN 8 THEN '{9}'::smallint[]
  ELSE '{}'::smallint[] END));

-- Where the kept numbers of a campaign differ from its rows: no line, no difference. Reads every recipient, so for tests and for a person who
-- asks, never for a page.
CREATE FUNCTION campaign_mismatches(of_workspace uuid, of_campaign uuid) RETURNS TABLE (what text, kept bigint, counted bigint)
LANGUAGE sql STABLE AS $$
  WITH c AS (SELECT * FROM campaign WHERE workspace_id = of_workspace AND id = of_campaign),
  person AS (
    SELECT r.seq, s.slice_no, r.seq <= s.cursor_seq AS is_intended, m.state AS row_state, coalesce(m.is_held, false) AS is_held, m.skip_reason, m.error_code,
           CASE WHEN m.state IS NULL AND r.seq > s.cursor_seq AND c.status IN ('Cancelled', 'Failed') THEN 4 ELSE m.state END AS state
      FROM c JOIN recipient r ON r.workspace_id = c.workspace_id AND r.campaign_id = c.id
      LEFT JOIN campaign_slice s ON s.workspace_id = r.workspace_id AND s.campaign_id = r.campaign_id AND s.slice_no = (r.seq - 1) / 500
      LEFT JOIN message m ON m.workspace_id = r.workspace_id AND m.campaign_id = r.campaign_id AND m.seq = r.seq),
  total AS (
    SELECT count(*) AS audience, count(*) FILTER (WHERE slice_no IS NULL) AS without_slice, count(*) FILTER (WHERE row_state = 0) AS waiting,
           count(*) FILTER (WHERE state = 6) AS sent, count(*) FILTER (WHERE state = 8) AS delivered, count(*) FILTER (WHERE state = 9) AS read,
           count(*) FILTER (WHERE state = 5) AS rejected, count(*) FILTER (WHERE state = 7) AS undelivered, count(*) FILTER (WHERE state = 3) AS skipped,
           count(*) FILTER (WHERE state = 2) AS unknown, count(*) FILTER (WHERE state = 4) AS cancelled, count(*) FILTER (WHERE is_held) AS held
      FROM person),
  slice AS (
    SELECT slice_no, count(*) FILTER (WHERE row_state = 6) AS sent, count(*) FILTER (WHERE row_state = 8) AS delivered, count(*) FILTER (WHERE row_state = 9) AS read,
           count(*) FILTER (WHERE row_state IN (5, 7)) AS failed, count(*) FILTER (WHERE row_state = 3) AS skipped, count(*) FILTER (WHERE row_state = 2) AS unknown,
           count(*) FILTER (WHERE row_state = 4) AS cancelled, count(*) FILTER (WHERE row_state = 1 OR (row_state IS NULL AND is_intended)) AS sending
      FROM person GROUP BY slice_no),
  failure AS (
    SELECT CASE state WHEN 5 THEN 'rejected' WHEN 7 THEN 'undelivered' ELSE 'skipped' END AS kind,
           CASE state WHEN 3 THEN skip_reason ELSE coalesce(error_code, 0)::text END AS code, count(*) AS n
      FROM person WHERE state IN (3, 5, 7) GROUP BY 1, 2),
  compared AS (
    SELECT v.what, v.kept, v.counted
      FROM c CROSS JOIN total t JOIN campaign_counter k ON k.workspace_id = c.workspace_id AND k.campaign_id = c.id
     CROSS JOIN LATERAL (VALUES
       ('audience', c.audience::bigint, t.audience), ('recipients without a slice', 0, t.without_slice),
       ('waiting for a retry', (SELECT count(*) FROM message_retry r WHERE r.workspace_id = c.workspace_id AND r.campaign_id = c.id), t.waiting),
       ('counter sent', k.sent, t.sent), ('counter delivered', k.delivered, t.delivered), ('counter read', k.read, t.read),
       ('counter rejected', k.rejected, t.rejected), ('counter undelivered', k.undelivered, t.undelivered), ('counter skipped', k.skipped, t.skipped),
       ('counter unknown', k.unknown, t.unknown), ('counter cancelled', k.cancelled, t.cancelled), ('counter held', k.held, t.held)) AS v (what, kept, counted)
    UNION ALL
    SELECT 'slice ' || s.slice_no || ' ' || v.what, v.kept, v.counted
      FROM campaign_slice s LEFT JOIN slice t ON t.slice_no = s.slice_no
     CROSS JOIN LATERAL (VALUES
       ('sent', s.sent::bigint, t.sent), ('delivered', s.delivered, t.delivered), ('read', s.read, t.read), ('failed', s.failed, t.failed),
       ('skipped', s.skipped, t.skipped), ('unknown', s.unknown, t.unknown), ('cancelled', s.cancelled, t.cancelled), ('sending', s.sending, t.sending))
         AS v (what, kept, counted)
     WHERE s.workspace_id = of_workspace AND s.campaign_id = of_campaign
    UNION ALL
    SELECT 'failures ' || coalesce(f.kind, t.kind) || ' ' || coalesce(f.code, t.code), coalesce(f.count, 0), coalesce(t.n, 0)
      FROM (SELECT * FROM campaign_failure WHERE workspace_id = of_workspace AND campaign_id = of_campaign) AS f
      FULL JOIN failure t ON t.kind = f.kind AND t.code = f.code)
  SELECT what, kept, counted FROM compared WHERE kept IS DISTINCT FROM counted ORDER BY what
$$;
