import { ints, uuids } from '../platform/arrays.ts'
import { type Db, postPrepared, prepared, type Sql, sql } from '../platform/db.ts'
import { countryOfAddress } from './country.ts'

/**
 * The charge a message row stands for, or NULL: Meta charges a template message when it is delivered, unless its pricing says it was free
 * (https://developers.facebook.com/documentation/business-messaging/whatsapp/pricing). A function of the merged row alone, so neither order
 * nor repetition of receipts changes what is counted.
 * @param m alias of table message, before or after a write
 */
export const chargeSql = (m: Sql): Sql =>
  sql`CASE WHEN ${m}.state >= 8 AND ${m}.pricing_type = 'regular' AND ${m}.pricing_category IS NOT NULL
           THEN to_char(${m}.delivered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') || ' ' || ${m}.pricing_category END`

/** A message row just written, with the charge it stood for before and stands for now. */
export interface ChargedRow {
  readonly campaign_id: string
  readonly seq: number
  readonly charge?: string | null
  readonly prev_charge?: string | null
}

/** The category of a rate card for a category of a receipt: messages of the Marketing Messages API are marketing. */
export const rateCategory = (category: string): string => {
  const upper = category.toUpperCase()
  return upper === 'MARKETING_LITE' ? 'MARKETING' : upper
}

/** Moves the counts of charged messages by what each row was and is. Takes the last locks of the transaction: call it after the counters. */
export async function moveCharges(tx: Db, workspaceId: string, written: readonly ChargedRow[]): Promise<void> {
  const moved = written.filter((row) => (row.charge ?? null) !== (row.prev_charge ?? null))
  if (moved.length === 0) return
  const countries = await countriesOf(tx, workspaceId, moved)
  const deltas = new Map<string, number>()
  const add = (row: ChargedRow, charge: string | null | undefined, delta: number) => {
    if (!charge) return
    const [day = '', category = ''] = [charge.slice(0, 10), rateCategory(charge.slice(11))]
    const key = [row.campaign_id, day, countries.get(`${row.campaign_id} ${row.seq}`) ?? countryOfAddress(null), category].join('\n')
    deltas.set(key, (deltas.get(key) ?? 0) + delta)
  }
  for (const row of moved) {
    add(row, row.prev_charge, -1)
    add(row, row.charge, 1)
  }
  const rows = [...deltas].filter(([, delta]) => delta !== 0).sort(([a], [b]) => (a < b ? -1 : 1))
  const column = (n: number) => rows.map(([key]) => key.split('\n')[n] ?? '')
  if (rows.length === 0) return
  await postPrepared(
    tx,
    sql`INSERT INTO campaign_charge AS k (workspace_id, campaign_id, day, country, category, messages)
        SELECT ${workspaceId}, d.* FROM unnest(${column(0)}::uuid[], ${column(1)}::date[], ${column(2)}::text[], ${column(3)}::text[],
               ${rows.map(([, delta]) => delta)}::int[]) AS d
        ON CONFLICT (workspace_id, campaign_id, day, country, category) DO UPDATE SET messages = k.messages + excluded.messages`,
  )
}

/** Where messages went, by one index probe each. */
async function countriesOf(tx: Db, workspaceId: string, rows: readonly ChargedRow[]): Promise<Map<string, string>> {
  const found = await prepared<{ campaign_id: string; seq: number; address: string | null }>(
    tx,
    sql`SELECT k.campaign_id, k.seq, r.address
          FROM unnest(${uuids(rows, (row) => row.campaign_id)}::uuid[], ${ints(rows, (row) => row.seq)}::int[]) AS k (campaign_id, seq)
          JOIN LATERAL (SELECT address FROM recipient r WHERE r.workspace_id = ${workspaceId} AND r.campaign_id = k.campaign_id AND r.seq = k.seq LIMIT 1) AS r ON true`,
  )
  return new Map(found.map(({ campaign_id, seq, address }) => [`${campaign_id} ${seq}`, countryOfAddress(address)]))
}
