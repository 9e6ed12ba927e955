import { useEffect, useRef, useState } from 'react'
import { workspaceHeaders } from '../api/client.ts'
import { eventParser, type ServerEvent } from './event-parser.ts'

/** `lost`: not connected, trying again; what is shown may be old. */
export type StreamState = 'connecting' | 'open' | 'lost' | 'ended'

/** The server beats every 15 s: silence for longer than two beats and a bit means that nothing arrives any more. */
const SILENCE_MAX_MS = 40_000
const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 15_000

interface Stream {
  readonly path: string
  onEvent(event: ServerEvent): void
  onState(state: StreamState): void
  readonly fetch?: typeof fetch
}

/**
 * Follows a stream of the API until `close`: connects again after a loss, with the last id it saw, waiting longer each time. Made with
 * fetch rather than EventSource, because that one cannot send the workspace header and gives up at the first 503.
 */
export function openStream({ path, onEvent, onState, fetch: ask = fetch }: Stream): { close(): void } {
  let lastId: string | undefined
  let isClosed = false
  let failures = 0
  let connection = new AbortController()
  let wake = () => {}
  const patience = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const follow = async (): Promise<'ended' | 'lost'> => {
    connection = new AbortController()
    const headers = { accept: 'text/event-stream', ...workspaceHeaders(), ...(lastId === undefined ? {} : { 'Last-Event-ID': lastId }) }
    const response = await ask(path, { headers, signal: connection.signal })
    if ([401, 403, 404].includes(response.status)) return 'ended'
    if (!response.ok || response.body === null) return 'lost'
    onState('open')
    const parse = eventParser()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let silence = setTimeout(() => connection.abort(), SILENCE_MAX_MS)
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return 'lost'
        failures = 0
        clearTimeout(silence)
        silence = setTimeout(() => connection.abort(), SILENCE_MAX_MS)
        for (const event of parse(value)) {
          lastId = event.id ?? lastId
          onEvent(event)
        }
      }
    } finally {
      clearTimeout(silence)
    }
  }
  const run = async () => {
    onState('connecting')
    while (!isClosed) {
      const outcome = await follow().catch(() => 'lost' as const)
      if (isClosed) return
      onState(outcome)
      if (outcome === 'ended') return
      await patience(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures++))
    }
  }
  const reconnectNow = () => wake()
  globalThis.addEventListener?.('online', reconnectNow)
  void run()
  return {
    close() {
      isClosed = true
      globalThis.removeEventListener?.('online', reconnectNow)
      connection.abort()
      wake()
    },
  }
}

/**
 * A stream's events while the component is shown.
 * @param path below our own origin; undefined: nothing to follow
 * @param onEvent may change between renders without a new connection
 */
export function useEvents(path: string | undefined, onEvent: (event: ServerEvent) => void): StreamState {
  const [state, setState] = useState<StreamState>('connecting')
  const latest = useRef(onEvent)
  useEffect(() => {
    latest.current = onEvent
  })
  useEffect(() => {
    if (path === undefined) return
    const stream = openStream({ path, onEvent: (event) => latest.current(event), onState: setState })
    return () => stream.close()
  }, [path])
  return state
}
