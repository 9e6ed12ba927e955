import { createHmac } from 'node:crypto'
import { Agent, request } from 'undici'
import { chance } from './chance.ts'
import type { LedgerSummary } from './ledger.ts'
import type { WebhookModel } from './options.ts'

/** One change of a webhook: `field` and `value` under a WABA. Changes of one field and number share an entry when they are posted together. */
export interface Update {
  readonly wabaId: string
  readonly field: string
  readonly value: Record<string, unknown>
}

/** The body as Meta sends it: compact, non-ASCII as \uXXXX, slashes as \/. The signature is over exactly these bytes. */
export const escapeBody = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('/', '\\/')
export const sign = (body: string | Buffer, appSecret: string): string =>
  `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`

/** Several updates as one body; statuses and messages of one number are merged into one value, as Meta batches them. */
export function envelope(updates: readonly Update[]): unknown {
  const entries = new Map<string, { id: string; changes: { field: string; value: Record<string, unknown> }[] }>()
  for (const { wabaId, field, value } of updates) {
    const entry = entries.get(wabaId) ?? { id: wabaId, changes: [] }
    entries.set(wabaId, entry)
    const number = (value.metadata as { phone_number_id?: string } | undefined)?.phone_number_id
    const same = entry.changes.find(
      (change) =>
        field === 'messages' &&
        change.field === field &&
        (change.value.metadata as { phone_number_id?: string } | undefined)?.phone_number_id === number,
    )
    if (same === undefined) {
      entry.changes.push({ field, value: { ...value } })
      continue
    }
    for (const list of ['contacts', 'statuses', 'messages'])
      if (value[list] !== undefined)
        same.value[list] = [...((same.value[list] as unknown[] | undefined) ?? []), ...(value[list] as unknown[])]
  }
  return { object: 'whatsapp_business_account', entry: [...entries.values()] }
}

export interface Poster {
  /** Schedules an update; `target` is where this WABA's webhooks go at that time. */
  schedule(update: Update, inMs: number): void
  /** Posts at once, whatever is held: the answer's status, or 0 when none came. */
  post(updates: readonly Update[]): Promise<number>
  hold(): void
  release(): void
  configure(model: Partial<WebhookModel>): void
  readonly model: WebhookModel
  counts(): LedgerSummary['webhooks']
  /** Resolves when nothing is scheduled or under way. */
  idle(): Promise<void>
  close(): Promise<void>
}

const TICK_MS = 10
const RETRY_MS = [200, 500, 1_000, 2_000, 5_000, 10_000, 20_000]

/** A heap by time, one timer for all: millions of scheduled updates cost memory only for what they hold. */
export function makePoster(options: {
  readonly target: (wabaId: string) => string | undefined
  readonly appSecret: string
  readonly model: WebhookModel
  readonly seed: number
}): Poster {
  const model = { ...options.model }
  const random = chance(options.seed ^ 0x77656268)
  const agent = new Agent({ connections: model.connections, keepAliveTimeout: 4_000 })
  const heap: { atMs: number; update: Update }[] = []
  const counts = { posted: 0, acked: 0, retried: 0, lost: 0 }
  let underWay = 0
  let retrying = 0
  let isHeld = false
  let isClosed = false
  let waiting: (() => void)[] = []
  const timer = setInterval(tick, TICK_MS)

  function push(item: { atMs: number; update: Update }): void {
    heap.push(item)
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1
      if ((heap[parent]?.atMs ?? 0) <= item.atMs) break
      ;[heap[i], heap[parent]] = [heap[parent] as typeof item, heap[i] as typeof item]
      i = parent
    }
  }
  function pop(): { atMs: number; update: Update } | undefined {
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    heap[0] = last
    for (let i = 0; ; ) {
      const left = 2 * i + 1
      const smaller = (heap[left + 1]?.atMs ?? Number.POSITIVE_INFINITY) < (heap[left]?.atMs ?? Number.POSITIVE_INFINITY) ? left + 1 : left
      if ((heap[smaller]?.atMs ?? Number.POSITIVE_INFINITY) >= (heap[i]?.atMs ?? 0)) break
      ;[heap[i], heap[smaller]] = [heap[smaller] as typeof last, heap[i] as typeof last]
      i = smaller
    }
    return top
  }

  function tick(): void {
    while (!isHeld && underWay < model.connections && heap.length > 0 && (heap[0]?.atMs ?? 0) <= performance.now()) {
      const first = pop()
      if (first === undefined) break
      const batch = [first.update]
      while (
        batch.length < model.batchMax &&
        heap[0] !== undefined &&
        heap[0].atMs <= performance.now() &&
        heap[0].update.wabaId === first.update.wabaId
      ) {
        const next = pop()
        if (next !== undefined) batch.push(next.update)
      }
      if (model.reorder) batch.sort(() => random() - 0.5)
      void deliver(batch, 0)
    }
    if (heap.length === 0 && underWay === 0 && retrying === 0) for (const resolve of waiting.splice(0)) resolve()
  }

  async function deliver(batch: readonly Update[], round: number): Promise<void> {
    underWay++
    const status = await send(batch)
    underWay--
    if (status >= 200 && status < 300) {
      counts.acked++
      if (round === 0 && random() < model.duplicateShare) for (const update of batch) push({ atMs: performance.now() + 50, update })
    } else if (!isClosed && status !== -1) {
      counts.retried++
      retrying++
      setTimeout(
        () => {
          retrying--
          void deliver(batch, round + 1)
        },
        RETRY_MS[Math.min(round, RETRY_MS.length - 1)],
      ).unref()
    }
    tick()
  }

  /** -1: nobody is subscribed. */
  async function send(batch: readonly Update[]): Promise<number> {
    const url = options.target(batch[0]?.wabaId ?? '')
    if (url === undefined) return -1
    const body = escapeBody(envelope(batch))
    counts.posted++
    try {
      const answer = await request(url, {
        method: 'POST',
        dispatcher: agent,
        headers: {
          'content-type': 'application/json',
          'x-hub-signature-256': sign(body, options.appSecret),
          'user-agent': 'facebookexternalua',
        },
        body,
        headersTimeout: 20_000,
      })
      await answer.body.dump()
      return answer.statusCode
    } catch {
      return 0 // nobody answered: tried again
    }
  }

  return {
    model,
    schedule(update, inMs) {
      if (random() < model.lossShare) {
        counts.lost++
        return
      }
      push({ atMs: performance.now() + model.delayMs + inMs, update })
    },
    post: (updates) => send(updates),
    hold() {
      isHeld = true
    },
    release() {
      isHeld = false
      tick()
    },
    configure: (change) => void Object.assign(model, change),
    counts: () => ({ ...counts, pending: heap.length + underWay + retrying }),
    idle: () =>
      heap.length === 0 && underWay === 0 && retrying === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    async close() {
      isClosed = true
      clearInterval(timer)
      for (const resolve of waiting.splice(0)) resolve()
      waiting = []
      await agent.destroy()
    },
  }
}
