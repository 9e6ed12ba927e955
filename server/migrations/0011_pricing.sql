-- What Meta charges per delivered message, as the operator entered it, and what campaigns were charged, counted.
-- Money is never stored: cost is these counts times the rates, so that a card entered later, or corrected, tells the right sum at once.

-- A card holds from its day until the next card's day.
CREATE TABLE rate_card (
  workspace_id   uuid        NOT NULL REFERENCES workspace (id),
  id             uuid        NOT NULL,
  name           text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  currency       text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  effective_from date        NOT NULL,
  is_sample      boolean     NOT NULL DEFAULT false,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id),
  UNIQUE (workspace_id, effective_from)
);
CREATE TABLE rate (
  workspace_id uuid          NOT NULL,
  card_id      uuid          NOT NULL,
  country      text          NOT NULL CHECK (country ~ '^([A-Z]{2}|\*)$'), -- *: every country the card does not name
  category     text          NOT NULL,
  amount       numeric(14,6) NOT NULL CHECK (amount >= 0),                 -- per delivered message
  PRIMARY KEY (workspace_id, card_id, category, country),
  FOREIGN KEY (workspace_id, card_id) REFERENCES rate_card (workspace_id, id) ON DELETE CASCADE
);

-- Charged messages per campaign: moved in the transaction that moves the states, from the pricing of receipts. Some rows a campaign.
CREATE TABLE campaign_charge (
  workspace_id uuid NOT NULL,
  campaign_id  uuid NOT NULL,
  day          date NOT NULL,                     -- of delivery, UTC
  country      text NOT NULL,                     -- of the address; ?? when it tells none
  category     text NOT NULL,
  messages     int  NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, campaign_id, day, country, category)
) WITH (fillfactor = 70);
-- The charge a message counted for before its latest write: 'YYYY-MM-DD category', null when it was not charged.
ALTER TABLE message ADD COLUMN prev_charge text;

-- The frozen audience by country: what the estimate of a started campaign is made of. Written once, by the freeze.
CREATE TABLE campaign_country (
  workspace_id uuid NOT NULL,
  campaign_id  uuid NOT NULL,
  country      text NOT NULL,
  recipients   int  NOT NULL,
  PRIMARY KEY (workspace_id, campaign_id, country)
);
