import type { components } from './schema.gen.ts'
import type { FanfareOptions, Request } from './transport.ts'

/** What the event stream of a campaign tells. */
export type CampaignState = Pick<components['schemas']['Campaign'], 'status' | 'hold' | 'counts' | 'funnel' | 'progress'>

const RECONNECT_MS = 1_000

/** The `data` of server-sent events, in order. Ends with its stream; a half event at the end is dropped. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = block.split(/\r?\n/).flatMap((line) => (line.startsWith('data:') ? [line.slice(5).replace(/^ /, '')] : []))
      if (data.length > 0) yield data.join('\n')
    }
  }
}

/** Follows a campaign over as many streams as it takes: one that breaks is opened again, and tells the whole state first. */
export async function* watch(
  send: (request: Request) => Promise<Response>,
  request: Request,
  signal: AbortSignal | undefined,
  wait: FanfareOptions['wait'] = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): AsyncGenerator<CampaignState, void> {
  for (;;) {
    const answer = await send({ ...request, accept: 'text/event-stream', ...(signal === undefined ? {} : { signal }) })
    try {
      for await (const data of readEvents(answer.body as unknown as AsyncIterable<Uint8Array>)) {
        const state = JSON.parse(data) as Partial<CampaignState>
        if (state.status === undefined) return // it was deleted
        yield state as CampaignState
      }
    } catch (error) {
      if (signal?.aborted || !(error instanceof TypeError)) throw error // fetch tells a broken stream by a TypeError
    } finally {
      await answer.body?.cancel().catch(() => {})
    }
    await wait(RECONNECT_MS, signal)
  }
}
