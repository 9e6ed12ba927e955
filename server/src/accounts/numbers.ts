import type { MetaPhoneNumber } from '../meta/client.ts'
import { announceQuality, qualities } from '../outgoing/numbers.ts'
import { type Db, empty, many, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { NumberChange } from './schema.ts'

/** Messages per second that a throughput level allows: 20 when the number is also on the WhatsApp Business app. [T] in the reference */
export const throughputOf = (number: Pick<MetaPhoneNumber, 'throughput' | 'is_on_biz_app'>): number => {
  if (number.is_on_biz_app === true) return 20
  return number.throughput?.level === 'HIGH' ? 1_000 : 80
}

/** Takes over what Meta tells about numbers; those no longer there are marked removed. The first number becomes the default. */
export async function syncNumbers(tx: Db, workspaceId: string, accountId: string, numbers: readonly MetaPhoneNumber[]): Promise<void> {
  const before = await qualities(tx, workspaceId, accountId)
  for (const number of numbers) {
    await run(
      tx,
      sql`INSERT INTO phone_number (workspace_id, id, account_id, phone_number_id, display_phone_number, verified_name, quality_rating, status,
                 throughput_level, throughput_per_second, messaging_limit)
          VALUES (${workspaceId}, ${newId()}, ${accountId}, ${number.id}, ${number.display_phone_number}, ${number.verified_name ?? null},
                  ${number.quality_rating ?? 'UNKNOWN'}, ${number.status ?? 'UNKNOWN'}, ${number.throughput?.level ?? 'STANDARD'}, ${throughputOf(number)},
                  ${number.whatsapp_business_manager_messaging_limit ?? 'TIER_NOT_SET'})
          ON CONFLICT (phone_number_id) WHERE removed_at IS NULL DO UPDATE
             SET display_phone_number = excluded.display_phone_number, verified_name = excluded.verified_name,
                 quality_rating = excluded.quality_rating, status = excluded.status, throughput_level = excluded.throughput_level,
                 throughput_per_second = excluded.throughput_per_second, messaging_limit = excluded.messaging_limit, updated_at = now()
           WHERE phone_number.workspace_id = excluded.workspace_id AND phone_number.account_id = excluded.account_id`,
    )
  }
  await run(
    tx,
    sql`UPDATE phone_number SET removed_at = now(), is_default = false
         WHERE workspace_id = ${workspaceId} AND account_id = ${accountId} AND removed_at IS NULL
           AND phone_number_id <> ALL(${numbers.map(({ id }) => id)}::text[])`,
  )
  await run(
    tx,
    sql`UPDATE phone_number SET is_default = true
         WHERE id = (SELECT id FROM phone_number WHERE workspace_id = ${workspaceId} AND account_id = ${accountId} AND removed_at IS NULL
                      ORDER BY created_at, id LIMIT 1)
           AND NOT EXISTS (SELECT 1 FROM phone_number WHERE workspace_id = ${workspaceId} AND account_id = ${accountId} AND is_default AND removed_at IS NULL)`,
  )
  await announceQuality(tx, workspaceId, accountId, before, null)
}

export interface NumberRow {
  readonly id: string
  readonly account_id: string
  readonly phone_number_id: string
  readonly display_phone_number: string
  readonly verified_name: string | null
  readonly quality_rating: string
  readonly status: string
  readonly throughput_per_second: number
  readonly messaging_limit: string
  readonly daily_limit: number | null
  readonly rate_per_second: number | null
  readonly max_in_flight: number | null
  readonly is_default: boolean
  readonly updated_at: Date
  readonly used_last_24h: number
}

/**
 * Numbers with the people they used up of their limit in the last 24 hours: of the number's own daily limit where it has one, else of its
 * portfolio's tier; without a limit, what they sent, by the per-minute series. Cheap whatever the number of messages.
 */
export const numbersWhere = (db: Db, workspaceId: string, condition = sql`true`) =>
  many<NumberRow>(
    db,
    sql`SELECT n.id, n.account_id, n.phone_number_id, n.display_phone_number, n.verified_name, n.quality_rating, n.status, n.throughput_per_second,
               n.messaging_limit, n.daily_limit, n.rate_per_second, n.max_in_flight, n.is_default, n.updated_at,
               coalesce(
                 (SELECT k.people - (SELECT count(*) FROM daily_person p WHERE p.workspace_id = k.workspace_id AND p.room_id = k.room_id
                                        AND p.last_at <= now() - interval '24 hours')
                    FROM daily_room k WHERE k.workspace_id = n.workspace_id
                     AND k.room_id = CASE WHEN n.daily_limit IS NOT NULL THEN 'number:' || n.id
                                          WHEN n.messaging_limit ~ '^TIER_[0-9]+[KM]?$' THEN 'portfolio:' || coalesce(a.portfolio_id, a.waba_id) END),
                 (SELECT sum(m.sent) FROM campaign c JOIN campaign_minute m ON m.workspace_id = c.workspace_id AND m.campaign_id = c.id
                   WHERE n.daily_limit IS NULL AND n.messaging_limit !~ '^TIER_[0-9]+[KM]?$'
                     AND c.workspace_id = n.workspace_id AND c.number_id = n.id AND c.started_at > now() - interval '40 days'
                     AND m.minute > now() - interval '24 hours'), 0)::int AS used_last_24h
          FROM phone_number n JOIN whatsapp_account a ON a.workspace_id = n.workspace_id AND a.id = n.account_id
         WHERE n.workspace_id = ${workspaceId} AND n.removed_at IS NULL AND ${condition} ORDER BY n.created_at, n.id`,
  )

export const numberById = async (db: Db, workspaceId: string, id: string): Promise<NumberRow | undefined> =>
  (await numbersWhere(db, workspaceId, sql`n.id = ${id}`))[0]

/** Replaces what can be edited of a number; the new default takes the place of the old one. */
export async function updateNumber(tx: Db, workspaceId: string, known: NumberRow, input: NumberChange): Promise<void> {
  if (input.isDefault === true)
    await run(
      tx,
      sql`UPDATE phone_number SET is_default = false WHERE workspace_id = ${workspaceId} AND account_id = ${known.account_id} AND is_default`,
    )
  await run(
    tx,
    sql`UPDATE phone_number
           SET rate_per_second = ${input.ratePerSecond ?? null}, max_in_flight = ${input.maxInFlight ?? null}, daily_limit = ${input.dailyLimit ?? null},
               updated_at = now() ${input.isDefault === true ? sql`, is_default = true` : empty}
         WHERE workspace_id = ${workspaceId} AND id = ${known.id}`,
  )
}
