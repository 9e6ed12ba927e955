import type pg from 'pg'
import { campaignItem } from '../campaigns/figures.ts'
import { campaignById } from '../campaigns/queries.ts'

const LOOK_EVERY_MS = 500
const BEAT_EVERY_MS = 15_000
/** With what the credential's own cache adds, a revoke ends a stream within 5 s. */
const ASK_EVERY_MS = 900

/** What a campaign's event stream tells, at most twice a second. */
interface Snapshot {
  readonly text: string
  readonly isOver: boolean
}
interface Watch {
  latest: Snapshot | undefined
  readonly listeners: Set<(snapshot: Snapshot) => void>
  timer: NodeJS.Timeout | undefined
}

const streams = new Set<() => void>()
const watches = new Map<string, Watch>()

/** Ends every open event stream: they would keep the server from stopping. */
export function endEventStreams(): void {
  for (const end of [...streams]) end()
}

/** One look at a campaign serves everybody who watches it; nobody watching, nobody looks. */
function watch(pool: pg.Pool, workspaceId: string, id: string, listener: (snapshot: Snapshot) => void): () => void {
  const key = `${workspaceId} ${id}`
  const known: Watch = watches.get(key) ?? { latest: undefined, listeners: new Set(), timer: undefined }
  watches.set(key, known)
  known.listeners.add(listener)
  if (known.latest !== undefined) listener(known.latest)
  const look = async () => {
    const row = await campaignById(pool, workspaceId, id).catch(() => null)
    if (row !== null) {
      const item = row && campaignItem(row, () => false, new Date())
      const text =
        item === undefined
          ? '{}'
          : JSON.stringify({ status: item.status, hold: item.hold, counts: item.counts, funnel: item.funnel, progress: item.progress })
      if (text !== known.latest?.text) {
        known.latest = { text, isOver: item === undefined }
        for (const tell of [...known.listeners]) tell(known.latest)
      }
    }
    if (known.listeners.size > 0) known.timer = setTimeout(() => void look(), LOOK_EVERY_MS)
    else watches.delete(key)
  }
  if (known.listeners.size === 1 && known.timer === undefined) void look()
  return () => known.listeners.delete(listener)
}

/**
 * A server-sent event stream of one campaign: its state at once, then every change.
 * @param mayWatch asked again and again: a stream ends soon after its caller lost the right to it
 */
export function campaignEvents(
  pool: pg.Pool,
  workspaceId: string,
  id: string,
  firstId: number,
  mayWatch: () => Promise<boolean>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let eventId = firstId
  let stop = () => {}
  return new ReadableStream({
    start(controller) {
      const write = (text: string) => controller.enqueue(encoder.encode(text))
      const unwatch = watch(pool, workspaceId, id, ({ text, isOver }) => {
        write(`id: ${++eventId}\nevent: campaign\ndata: ${text}\n\n`)
        if (isOver) end()
      })
      const beat = setInterval(() => write(': beat\n\n'), BEAT_EVERY_MS)
      const asking = setInterval(() => {
        mayWatch().then(
          (may) => may || end(),
          () => {}, // the store is away: nobody's rights changed by that
        )
      }, ASK_EVERY_MS)
      let isOpen = true
      stop = () => {
        isOpen = false
        unwatch()
        clearInterval(beat)
        clearInterval(asking)
        streams.delete(end)
      }
      function end(): void {
        if (!isOpen) return
        stop()
        controller.close()
      }
      streams.add(end)
      write('retry: 2000\n\n')
    },
    cancel: () => stop(),
  })
}
