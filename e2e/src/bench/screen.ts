import type { Api } from '../api.ts'

/** What the console's page of a campaign is told, as it is told it. */
export interface Screen {
  /** People shown as Read, and when (ms since 1970). */
  readonly looks: readonly { readonly atMs: number; readonly count: number }[]
  close(): void
}

/** Follows a campaign's event stream, as its page does. */
export async function watchScreen(api: Api, campaignId: string): Promise<Screen> {
  const stop = new AbortController()
  const looks: { atMs: number; count: number }[] = []
  const answer = await fetch(`${api.baseUrl}/api/v1/WhatsappCampaign/${campaignId}/events`, {
    headers: { authorization: `Bearer ${api.key}`, accept: 'text/event-stream' },
    signal: stop.signal,
  })
  if (!answer.ok || answer.body === null) throw new Error(`the event stream answered ${answer.status}`)
  const read = async (body: ReadableStream<Uint8Array>) => {
    let held = ''
    for await (const text of body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)) {
      held += text
      const events = held.split('\n\n')
      held = events.pop() ?? ''
      for (const event of events) {
        const data = /^data: ?(.*)$/m.exec(event)?.[1]
        const count = data === undefined ? undefined : (JSON.parse(data) as { counts?: { read: number } }).counts?.read
        if (count !== undefined) looks.push({ atMs: performance.timeOrigin + performance.now(), count })
      }
    }
  }
  read(answer.body).catch((error: Error) => {
    if (!stop.signal.aborted) throw error
  })
  return { looks, close: () => stop.abort() }
}
