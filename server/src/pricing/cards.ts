import { z } from '@hono/zod-openapi'
import { isCountry } from '../contacts/identity.ts'
import { type Db, many, maybeOne, one, run, sql } from '../platform/db.ts'
import { InstantOut, invalidInput, iso } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { AMOUNT, CATEGORIES, isDay, type RateLine } from './csv.ts'

const Rate = z
  .strictObject({
    country: z.string().refine((code) => code === '*' || isCountry(code), 'is an ISO 3166 alpha-2 code, or * for every country not named'),
    category: z.enum(CATEGORIES),
    amount: z.string().regex(AMOUNT, 'is a decimal text, such as "0.0118"').openapi({ example: '0.0118' }),
  })
  .openapi('Rate')
const Day = z.string().refine(isDay, 'is a day, such as 2026-10-01').openapi({ format: 'date' })
export const RateCardInput = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    currency: z.string().regex(/^[A-Z]{3}$/, 'is a currency code, such as USD'),
    effectiveFrom: Day.openapi({ description: 'Holds from this day (UTC) until the next card’s day.' }),
    rates: z.array(Rate).min(1).max(2_000),
  })
  .openapi('RateCardInput')
export type RateCardInput = z.infer<typeof RateCardInput>
const head = {
  id: z.string(),
  name: z.string(),
  currency: z.string(),
  effectiveFrom: Day,
  isSample: z.boolean(),
  createdAt: InstantOut,
  updatedAt: InstantOut,
}
export const RateCardItem = z.object({ ...head, rateCount: z.int() }).openapi('RateCardItem')
export const RateCard = z.object({ ...head, rates: z.array(Rate) }).openapi('RateCard')

interface CardRow {
  id: string
  name: string
  currency: string
  effective_from: string
  is_sample: boolean
  created_at: Date
  updated_at: Date
}
const columns = sql`k.id, k.name, k.currency, to_char(k.effective_from, 'YYYY-MM-DD') AS effective_from, k.is_sample, k.created_at, k.updated_at`
const headOf = (row: CardRow) => ({
  id: row.id,
  name: row.name,
  currency: row.currency,
  effectiveFrom: row.effective_from,
  isSample: row.is_sample,
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
})

export const cardById = (db: Db, workspaceId: string, id: string, lock = sql``): Promise<CardRow | undefined> =>
  maybeOne<CardRow>(db, sql`SELECT ${columns} FROM rate_card k WHERE k.workspace_id = ${workspaceId} AND k.id = ${id} ${lock}`)

/** A card with its rates, `*` last. */
export async function wholeCard(db: Db, workspaceId: string, row: CardRow): Promise<z.infer<typeof RateCard>> {
  const rates = await many<RateLine>(
    db,
    sql`SELECT country, category, trim_scale(amount)::text AS amount FROM rate WHERE workspace_id = ${workspaceId} AND card_id = ${row.id}
         ORDER BY category, country = '*', country`,
  )
  return { ...headOf(row), rates }
}

/** Newest first. */
export async function listCards(db: Db, workspaceId: string, limit: number, offset: number) {
  const { n } = await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM rate_card WHERE workspace_id = ${workspaceId}`)
  const rows = await many<CardRow & { rate_count: number }>(
    db,
    sql`SELECT ${columns}, (SELECT count(*) FROM rate r WHERE r.workspace_id = k.workspace_id AND r.card_id = k.id) AS rate_count
          FROM rate_card k WHERE k.workspace_id = ${workspaceId} ORDER BY k.effective_from DESC LIMIT ${limit} OFFSET ${offset}`,
  )
  return { items: rows.map((row) => ({ ...headOf(row), rateCount: row.rate_count })), total: n }
}

/** Refuses two rates for one country and category. */
export function checkRates(rates: readonly RateLine[]): void {
  const seen = new Set<string>()
  const errors = rates.flatMap(({ country, category }, i) => {
    const key = `${country} ${category}`
    if (!seen.has(key)) {
      seen.add(key)
      return []
    }
    return [{ pointer: `/rates/${i}`, detail: `names ${country} ${category} a second time.` }]
  })
  if (errors.length > 0) throw invalidInput(errors)
}

async function writeRates(tx: Db, workspaceId: string, cardId: string, rates: readonly RateLine[]): Promise<void> {
  await run(tx, sql`DELETE FROM rate WHERE workspace_id = ${workspaceId} AND card_id = ${cardId}`)
  await run(
    tx,
    sql`INSERT INTO rate (workspace_id, card_id, country, category, amount)
        SELECT ${workspaceId}, ${cardId}, u.* FROM unnest(${rates.map(({ country }) => country)}::text[], ${rates.map(({ category }) => category)}::text[],
               ${rates.map(({ amount }) => amount)}::numeric[]) AS u`,
  )
}

/** Stores a new card; 409 when its day has one. */
export async function insertCard(tx: Db, workspaceId: string, input: RateCardInput, isSample = false): Promise<CardRow> {
  const row = await maybeOne<CardRow>(
    tx,
    sql`INSERT INTO rate_card AS k (workspace_id, id, name, currency, effective_from, is_sample)
        VALUES (${workspaceId}, ${newId()}, ${input.name}, ${input.currency}, ${input.effectiveFrom}, ${isSample})
        ON CONFLICT (workspace_id, effective_from) DO NOTHING RETURNING ${columns}`,
  )
  if (row === undefined) throw new Problem('rate-card-exists', `A card from ${input.effectiveFrom} exists.`)
  await writeRates(tx, workspaceId, row.id, input.rates)
  return row
}

/** Replaces a card whole; what somebody edited is no sample any more. */
export async function replaceCard(tx: Db, workspaceId: string, id: string, input: RateCardInput): Promise<CardRow> {
  const taken = await maybeOne(
    tx,
    sql`SELECT 1 FROM rate_card WHERE workspace_id = ${workspaceId} AND effective_from = ${input.effectiveFrom} AND id <> ${id}`,
  )
  if (taken !== undefined) throw new Problem('rate-card-exists', `Another card begins on ${input.effectiveFrom}.`)
  const row = await one<CardRow>(
    tx,
    sql`UPDATE rate_card k SET name = ${input.name}, currency = ${input.currency}, effective_from = ${input.effectiveFrom}, is_sample = false, updated_at = now()
         WHERE k.workspace_id = ${workspaceId} AND k.id = ${id} RETURNING ${columns}`,
  )
  await writeRates(tx, workspaceId, id, input.rates)
  return row
}

/** Stores a card of a file: the one of its day is replaced. */
export async function putCard(tx: Db, workspaceId: string, input: RateCardInput): Promise<CardRow> {
  const known = await maybeOne<{ id: string }>(
    tx,
    sql`SELECT id FROM rate_card WHERE workspace_id = ${workspaceId} AND effective_from = ${input.effectiveFrom} FOR UPDATE`,
  )
  return known === undefined ? insertCard(tx, workspaceId, input) : replaceCard(tx, workspaceId, known.id, input)
}
