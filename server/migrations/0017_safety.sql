-- A few first, and a stop when too many fail (delivery.md §6): both chosen for a campaign.
ALTER TABLE campaign
  ADD COLUMN canary          jsonb,                -- { share, waitMinutes }: so many first, then a wait for their receipts
  ADD COLUMN circuit_breaker jsonb,                -- { failureShare, afterMessages }
  ADD COLUMN canary_seq      int,                  -- while the canary is open: nobody past it is intended
  ADD COLUMN canary_size     int,                  -- how many of them may be sent to
  ADD COLUMN canary_sent_at  timestamptz,          -- its last one was settled for dispatch: the wait began
  ADD COLUMN canary_stopped  boolean NOT NULL DEFAULT false, -- its verdict was no: a person decides
  -- counts at which the circuit breaker last began to watch: a person who resumes accepts the failures so far
  ADD COLUMN breaker_asked   int NOT NULL DEFAULT 0,
  ADD COLUMN breaker_failed  int NOT NULL DEFAULT 0;
CREATE INDEX campaign_safety ON campaign (workspace_id, id) WHERE status = 'Running' AND (canary_seq IS NOT NULL OR circuit_breaker IS NOT NULL); -- the sweep that judges
