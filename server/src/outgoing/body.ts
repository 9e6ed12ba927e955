import { type Db, many, sql } from '../platform/db.ts'
import { isoOrNull } from '../platform/http.ts'

/** A delivery as stored: ids and facts. */
export interface Delivery {
  readonly workspaceId: string
  readonly endpointId: string
  readonly id: string
  readonly type: string
  readonly campaignId: string | null
  readonly seqs: readonly number[] | null
  readonly data: Readonly<Record<string, unknown>>
  readonly happenedAt: Date
}

interface MessageRow {
  readonly contact_id: string
  readonly wamid: string | null
  readonly state: number | null
  readonly error_code: number | null
  readonly error_title: string | null
  readonly at: Date | null
}

const TIME = {
  'message.sent': sql`coalesce(m.sent_at, m.accepted_at)`,
  'message.delivered': sql`m.delivered_at`,
  'message.read': sql`m.read_at`,
  'message.failed': sql`m.failed_at`,
}
const isMessage = (type: string): type is keyof typeof TIME => type in TIME

/** The body as it is sent: rendered anew for every attempt, so that nothing about people waits in the log. */
export async function bodyOf(db: Db, delivery: Delivery): Promise<string> {
  const { workspaceId, campaignId, type, data, happenedAt } = delivery
  const items = isMessage(type) ? { items: await messageItems(db, delivery, type) } : {}
  return JSON.stringify({
    type,
    timestamp: happenedAt.toISOString(),
    data: { workspaceId, ...(campaignId === null ? {} : { campaignId }), ...data, ...items },
  })
}

async function messageItems(db: Db, { workspaceId, campaignId, seqs }: Delivery, type: keyof typeof TIME) {
  const rows = await many<MessageRow>(
    db,
    sql`SELECT r.contact_id, m.wamid, m.state, m.error_code, m.error_title, ${TIME[type]} AS at
          FROM recipient r LEFT JOIN message m ON m.workspace_id = r.workspace_id AND m.campaign_id = r.campaign_id AND m.seq = r.seq
         WHERE r.workspace_id = ${workspaceId} AND r.campaign_id = ${campaignId} AND r.seq = ANY(${[...(seqs ?? [])]}::int[])
         ORDER BY r.seq`,
  )
  return rows.map((row) => ({
    contactId: row.contact_id,
    wamid: row.wamid,
    at: isoOrNull(row.at),
    ...(type === 'message.failed' ? { errorCode: row.error_code, errorTitle: row.error_title } : {}),
  }))
}
