const streams = new Set<() => void>()

/** Ends every open event stream: they would keep the server from stopping. */
export function endEventStreams(): void {
  for (const end of streams) end()
}
/** Registers an open stream; the answer takes it off the list. */
export function openStream(end: () => void): () => void {
  streams.add(end)
  return () => streams.delete(end)
}
