-- At most so many marketing messages to one person in so many days, over all campaigns (delivery.md §6). Null: no cap.
ALTER TABLE workspace
  ADD COLUMN cap_messages int CHECK (cap_messages BETWEEN 1 AND 1000),
  ADD COLUMN cap_days     int CHECK (cap_days BETWEEN 1 AND 90),
  ADD CHECK ((cap_messages IS NULL) = (cap_days IS NULL));
