-- Consent of a workspace's own making: words that stop or start beside the built-in ones (api.md §7).

-- [{ language, words: [text, …] }, …] as people wrote them; how they compare is webhooks/stop-words.ts. A few dozen words, always read whole.
ALTER TABLE workspace
  ADD COLUMN stop_words  jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN start_words jsonb NOT NULL DEFAULT '[]';
