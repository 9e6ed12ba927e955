-- How many contacts a workspace has, without counting them (docs/decisions/0014-counted-contacts.md): the sum of `delta` over its rows.
-- Rows are only ever added, so that no two writers wait for one another: an import stores two chunks side by side. Housekeeping makes one row
-- of many (contacts/count.ts). Written by triggers alone, whoever writes contacts and however.
CREATE TABLE contact_count (
  workspace_id uuid   NOT NULL,
  id           uuid   NOT NULL DEFAULT gen_random_uuid(),
  delta        bigint NOT NULL,
  PRIMARY KEY (workspace_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
SELECT wall_off('contact_count');

CREATE FUNCTION count_contacts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO contact_count (workspace_id, delta) SELECT workspace_id, count(*) FROM changed GROUP BY workspace_id;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO contact_count (workspace_id, delta) SELECT workspace_id, -count(*) FROM changed GROUP BY workspace_id;
  ELSE
    DELETE FROM contact_count;
  END IF;
  RETURN NULL;
END $$;
-- They lock out writers of contacts until this migration is committed, so that the first count misses nobody.
CREATE TRIGGER count_inserted AFTER INSERT ON contact REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_contacts();
CREATE TRIGGER count_deleted AFTER DELETE ON contact REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_contacts();
CREATE TRIGGER count_truncated AFTER TRUNCATE ON contact FOR EACH STATEMENT EXECUTE FUNCTION count_contacts();
INSERT INTO contact_count (workspace_id, delta) SELECT workspace_id, count(*) FROM contact GROUP BY workspace_id;

-- People who pressed a button that stops: few. Everybody else who pressed is counted in campaign_counter.clicked.
CREATE INDEX button_presser_stop ON button_presser (workspace_id, campaign_id, seq) WHERE is_stop;

-- The same rule and the same searches as the constraint, and the place of a contact in a campaign comes from the index alone: a search in a
-- campaign asks for ten thousand of them.
CREATE UNIQUE INDEX recipient_contact ON recipient (workspace_id, contact_id, campaign_id) INCLUDE (seq);
ALTER TABLE recipient DROP CONSTRAINT recipient_workspace_id_contact_id_campaign_id_key;
