-- One campaign in many languages: each person gets the template of the family (one account, one name) in a language of theirs, chosen at the freeze.

ALTER TABLE campaign
  ADD COLUMN languages text NOT NULL DEFAULT 'template' CHECK (languages IN ('template', 'family'));

-- The templates of such a campaign as they were at the freeze. Version 0 is the campaign's own. A campaign in one language has no rows here.
CREATE TABLE campaign_version (
  workspace_id uuid     NOT NULL,
  campaign_id  uuid     NOT NULL,
  version_no   smallint NOT NULL,
  template_id  uuid     NOT NULL,
  language     text     NOT NULL,
  frozen       jsonb    NOT NULL, -- as campaign.frozen_template
  people       int      NOT NULL, -- who may be sent to, at the freeze
  PRIMARY KEY (workspace_id, campaign_id, version_no),
  FOREIGN KEY (workspace_id, campaign_id) REFERENCES campaign (workspace_id, id),
  FOREIGN KEY (workspace_id, template_id) REFERENCES template (workspace_id, id)
);
CREATE INDEX campaign_version_template ON campaign_version (workspace_id, template_id); -- holds of a template
SELECT wall_off('campaign_version');

ALTER TABLE recipient ADD COLUMN version_no smallint; -- null: 0, the campaign's own template
