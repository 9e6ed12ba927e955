import { createHmac } from 'node:crypto'
import { makePoster, type Poster, type Target } from './poster.ts'

/**
 * A process that posts receipts as Meta does, signed, for messages its parent tells of, and measures how long each post takes to its answer.
 * Argument: JSON of `Setting`; told what to do by messages of `Order`, answers each with a `Done`.
 */
export interface Setting {
  readonly appSecret: string
  readonly wabaId: string
  readonly targets: Readonly<Record<string, Target>>
}
/** [wamid, to, callback data, phone number id] */
export type Told = readonly [string, string, string, string]
export type Status = 'sent' | 'delivered' | 'read'
export type Order =
  | { readonly do: 'keep'; readonly messages: readonly Told[] }
  /** From now on every message that is kept gets its three receipts, so long after. */
  | { readonly do: 'follow'; readonly target: string; readonly perPost: number; readonly afterMs: Readonly<Record<Status, number>> }
  /** Answers when every receipt of the messages kept so far is acknowledged. */
  | { readonly do: 'finish' }
  | { readonly do: 'forget' }
  /** One receipt for each message kept with an index in [from, to), so many posts under way at a time. */
  | {
      readonly do: 'post'
      readonly target: string
      readonly status: Status
      readonly perPost: number
      readonly underWay: number
      readonly from: number
      readonly to: number
    }
export interface Done {
  readonly receipts: number
  readonly seconds: number
  /** From the moment a post was due to its answer. */
  readonly ackMs: readonly number[]
  /** When each receipt was due, by status, in ms since 1970. */
  readonly postedAtMs: Readonly<Record<Status, readonly number[]>>
}

const STATUSES = ['sent', 'delivered', 'read'] as const
const CONNECTIONS = 256
const TICK_MS = 5
const setting = JSON.parse(process.argv[2] ?? '{}') as Setting
const posters = new Map<string, Poster>()
const posterOf = (target: string): Poster => {
  const known = posters.get(target) ?? makePoster(setting.targets[target] as Target, CONNECTIONS)
  posters.set(target, known)
  return known
}
const wallMs = () => performance.timeOrigin + performance.now()

let kept: { readonly told: Told; readonly atMs: number }[] = []
let following: Extract<Order, { do: 'follow' }> | undefined
/** How many of the kept messages had their receipt of a status posted. */
let due: Record<Status, number> = { sent: 0, delivered: 0, read: 0 }
let measured = fresh()
let underWay = 0

function fresh() {
  return { ackMs: [] as number[], postedAtMs: { sent: [] as number[], delivered: [] as number[], read: [] as number[] }, receipts: 0 }
}

/** A webhook body with one status of each message; these are of one number. */
function bodyOf(status: Status, messages: readonly Told[]): Buffer {
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const pricing = status === 'read' ? {} : { pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category: 'utility' } }
  const digits = (to: string) => to.replace(/^\+/, '')
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550047120', phone_number_id: messages[0]?.[3] },
    contacts: messages.map(([, to]) => ({ profile: { name: 'Person' }, wa_id: digits(to), user_id: `IN.${digits(to)}` })),
    statuses: messages.map(([id, to, data]) => ({
      id,
      status,
      timestamp,
      recipient_id: digits(to),
      recipient_user_id: `IN.${digits(to)}`,
      biz_opaque_callback_data: data,
      ...pricing,
    })),
  }
  return Buffer.from(
    JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: setting.wabaId, changes: [{ field: 'messages', value }] }] }),
  )
}

async function post(target: string, status: Status, messages: readonly Told[], dueMs: number): Promise<void> {
  const body = bodyOf(status, messages)
  const signature = `sha256=${createHmac('sha256', setting.appSecret).update(body).digest('hex')}`
  underWay++
  await posterOf(target).post(body, signature)
  underWay--
  measured.ackMs.push(wallMs() - dueMs)
  measured.receipts += messages.length
}

function follow(): void {
  if (following === undefined) return
  const { target, perPost, afterMs } = following
  const now = wallMs()
  for (const status of STATUSES) {
    let batch: Told[] = []
    let dueMs = 0
    const flush = () => {
      if (batch.length > 0) void post(target, status, batch, dueMs)
      batch = []
    }
    for (let one = kept[due[status]]; one !== undefined && one.atMs + afterMs[status] <= now; one = kept[due[status]]) {
      if (batch.length > 0 && (batch.length === perPost || batch[0]?.[3] !== one.told[3])) flush()
      if (batch.length === 0) dueMs = one.atMs + afterMs[status]
      batch.push(one.told)
      measured.postedAtMs[status].push(one.atMs + afterMs[status])
      due[status]++
    }
    flush()
  }
}

async function postAll({ target, status, perPost, underWay: most, from, to }: Extract<Order, { do: 'post' }>): Promise<void> {
  let next = from
  const drive = async () => {
    while (next < to) {
      const batch = kept.slice(next, Math.min(to, next + perPost)).map(({ told }) => told)
      next += perPost
      const dueMs = wallMs()
      for (const _ of batch) measured.postedAtMs[status].push(dueMs)
      await post(target, status, batch, dueMs)
    }
  }
  await Promise.all(Array.from({ length: most }, drive))
}

const isFinished = () => underWay === 0 && STATUSES.every((status) => due[status] === kept.length)

async function carryOut(order: Order): Promise<void> {
  const begunMs = wallMs()
  if (order.do === 'keep') {
    for (const told of order.messages) kept.push({ told, atMs: begunMs })
    return
  }
  if (order.do === 'forget') {
    kept = []
    due = { sent: 0, delivered: 0, read: 0 }
    following = undefined
  }
  if (order.do === 'follow') following = order
  if (order.do === 'finish') while (!isFinished()) await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  if (order.do === 'post') await postAll(order)
  process.send?.({ ...measured, seconds: (wallMs() - begunMs) / 1_000 } satisfies Done)
  measured = fresh()
}

setInterval(follow, TICK_MS)
process.on('message', (order: Order) => void carryOut(order))
process.on('disconnect', () => process.exit(0))
