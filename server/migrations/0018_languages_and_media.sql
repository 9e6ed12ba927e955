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

-- Media that campaigns send by id lives 30 days at Meta. Its bytes are kept, so that it can be uploaded again: within a limit per workspace
-- (accounts/media.ts), the oldest that no open campaign uses go first.
CREATE TABLE media_content (
  workspace_id uuid        NOT NULL REFERENCES workspace (id),
  sha256       bytea       NOT NULL,
  size         int         NOT NULL CHECK (size >= 0),
  bytes        bytea       NOT NULL,
  kept_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, sha256)
);
ALTER TABLE media_content ALTER COLUMN bytes SET STORAGE EXTERNAL; -- images and videos are compressed already
SELECT wall_off('media_content');

-- What Meta calls a medium now, for a number: the id that the first upload answered stays its name here.
CREATE TABLE media_upload (
  workspace_id    uuid        NOT NULL,
  media_id        uuid        NOT NULL,
  phone_number_id uuid        NOT NULL,
  meta_media_id   text        NOT NULL,
  uploaded_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, media_id, phone_number_id),
  FOREIGN KEY (workspace_id, media_id) REFERENCES media (workspace_id, id),
  FOREIGN KEY (workspace_id, phone_number_id) REFERENCES phone_number (workspace_id, id)
);
SELECT wall_off('media_upload');
CREATE INDEX media_meta ON media (workspace_id, meta_media_id);
