import { type Db, many, maybeOne, one, run, type Sql, sql } from '../platform/db.ts'
import { clearHolds, setHold } from './holds.ts'
import { type NumberKey, numberRows } from './orders.ts'

/**
 * How many different people a messaging tier lets a portfolio message in 24 hours outside service windows; null: no limit, or none known.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messaging-limits
 */
export function tierLimit(tier: string): number | null {
  const match = /^TIER_(\d+)(K|M)?$/.exec(tier)
  return match === null ? null : Number(match[1]) * (match[2] === 'M' ? 1_000_000 : match[2] === 'K' ? 1_000 : 1)
}

/** What decides the limits of a number. */
export interface LimitedNumber {
  readonly numberId: string
  /** The portfolio of its account, or the WABA when that is unknown. */
  readonly portfolioId: string
  readonly messagingLimit: string
  /** The operator's own cap. */
  readonly dailyLimit: number | null
}
/** Columns of a `LimitedNumber` over aliases `n` (phone_number) and `a` (whatsapp_account). */
export const limitedColumns = sql`n.id AS "numberId", coalesce(a.portfolio_id, a.waba_id) AS "portfolioId", n.messaging_limit AS "messagingLimit", n.daily_limit AS "dailyLimit"`

/** A number with what limits it. */
export const limitedNumber = (db: Db, workspaceId: string, numberId: string) =>
  one<LimitedNumber>(
    db,
    sql`SELECT ${limitedColumns} FROM phone_number n JOIN whatsapp_account a ON a.workspace_id = n.workspace_id AND a.id = n.account_id
         WHERE n.workspace_id = ${workspaceId} AND n.id = ${numberId}`,
  )

/** One limit on people in 24 hours. */
export interface Limit {
  readonly roomId: string
  readonly scope: 'portfolio' | 'number'
  readonly scopeId: string
  readonly people: number
}
export function limitsOf(number: LimitedNumber): Limit[] {
  const { numberId, portfolioId, dailyLimit } = number
  const tier = tierLimit(number.messagingLimit)
  return [
    ...(dailyLimit === null ? [] : [{ roomId: `number:${numberId}`, scope: 'number', scopeId: numberId, people: dailyLimit } as const]),
    ...(tier === null ? [] : [{ roomId: `portfolio:${portfolioId}`, scope: 'portfolio', scopeId: portfolioId, people: tier } as const]),
  ]
}

/** Somebody about to be sent to. */
export interface RoomSeeker {
  readonly sendKey: string
  /** False in an open service window: Meta does not count them. */
  readonly needsRoom: boolean
}

/** Rows older than 24 hours that one transaction takes away beside its own work: more than it adds, so that they never pile up. */
const SWEEP_MIN = 200
/** A number that reached its limit goes on when this share of it is free again, not for every single place. */
const RESUME_SHARE = 0.01

/**
 * Takes room for people in their order, in the intent's transaction and under the rooms' locks, so across all processes. Somebody counted in
 * the last 24 hours needs none. When not everybody fits, sets the hold `limit_reached` until room frees.
 * @returns how many of them, from the first, may be sent to
 */
export async function takeRoom(tx: Db, workspaceId: string, limits: readonly Limit[], people: readonly RoomSeeker[]): Promise<number> {
  if (limits.length === 0 || people.length === 0) return people.length
  const keys = [...new Set(people.filter(({ needsRoom }) => needsRoom).map(({ sendKey }) => sendKey))]
  let fits = people.length
  for (const limit of limits) {
    const counted = await openRoom(tx, workspaceId, limit, keys.length)
    const known = new Set(
      (
        await many<{ send_key: string }>(
          tx,
          sql`SELECT send_key FROM daily_person WHERE ${inRoom(workspaceId, limit.roomId)} AND send_key = ANY(${keys}::text[])`,
        )
      ).map(({ send_key }) => send_key),
    )
    const places = limit.people - counted
    const here = firstThatFit(people, known, places)
    if (here < people.length) await holdUntilRoom(tx, workspaceId, limit, counted)
    fits = Math.min(fits, here)
  }
  const taking = people.slice(0, fits).filter(({ needsRoom }) => needsRoom)
  for (const { roomId } of limits) await count(tx, workspaceId, roomId, [...new Set(taking.map(({ sendKey }) => sendKey))])
  return fits
}

const inRoom = (workspaceId: string, roomId: string): Sql => sql`workspace_id = ${workspaceId} AND room_id = ${roomId}`

/** How many from the first on: those who need no place, are counted already, or get one of `places`. Pure. */
export function firstThatFit(people: readonly RoomSeeker[], known: ReadonlySet<string>, places: number): number {
  const taken = new Set<string>()
  for (const [i, { sendKey, needsRoom }] of people.entries()) {
    if (!needsRoom || known.has(sendKey) || taken.has(sendKey)) continue
    if (taken.size >= places) return i
    taken.add(sendKey)
  }
  return people.length
}

/** Locks a room by updating it and takes away who left the 24 hours, a bounded number at a time. Returns how many people it counts. */
async function openRoom(tx: Db, workspaceId: string, { roomId }: Limit, wanted: number): Promise<number> {
  await run(tx, sql`INSERT INTO daily_room (workspace_id, room_id) VALUES (${workspaceId}, ${roomId}) ON CONFLICT DO NOTHING`)
  const { people } = await one<{ people: number }>(
    tx,
    sql`WITH gone AS (
          DELETE FROM daily_person WHERE ${inRoom(workspaceId, roomId)} AND send_key IN (
                 SELECT send_key FROM daily_person WHERE ${inRoom(workspaceId, roomId)} AND last_at <= now() - interval '24 hours'
                  ORDER BY last_at LIMIT ${SWEEP_MIN + 2 * wanted})
          RETURNING 1)
        UPDATE daily_room SET people = people - (SELECT count(*) FROM gone) WHERE ${inRoom(workspaceId, roomId)} RETURNING people`,
  )
  return people
}

async function count(tx: Db, workspaceId: string, roomId: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await run(
    tx,
    sql`WITH counted AS (
          INSERT INTO daily_person AS p (workspace_id, room_id, send_key, last_at)
          SELECT ${workspaceId}, ${roomId}, key, now() FROM unnest(${keys}::text[]) AS key
          ON CONFLICT (workspace_id, room_id, send_key) DO UPDATE
             SET earlier = ARRAY(SELECT at FROM unnest(p.earlier || p.last_at) AS at WHERE at > now() - interval '24 hours'), last_at = now()
          RETURNING (xmax = 0) AS is_new)
        UPDATE daily_room SET people = people + (SELECT count(*) FROM counted WHERE is_new) WHERE ${inRoom(workspaceId, roomId)}`,
  )
}

/** Holds what the limit stops until a hundredth of it is free again: that many people leave the 24 hours. */
async function holdUntilRoom(tx: Db, workspaceId: string, limit: Limit, counted: number): Promise<void> {
  const leaving = Math.max(0, counted - limit.people) + Math.max(1, Math.ceil(limit.people * RESUME_SHARE))
  const next = await maybeOne<{ at: Date }>(
    tx,
    sql`SELECT last_at + interval '24 hours' AS at FROM daily_person WHERE ${inRoom(workspaceId, limit.roomId)}
         ORDER BY last_at OFFSET ${leaving - 1} LIMIT 1`,
  )
  const { fallback } = await one<{ fallback: Date }>(tx, sql`SELECT now() + interval '24 hours' AS fallback`)
  await setHold(tx, {
    workspaceId,
    scope: limit.scope,
    scopeId: limit.scopeId,
    reason: 'limit_reached',
    detail: `${limit.people} different people were messaged within 24 hours, as many as ${limit.scope === 'portfolio' ? 'Meta allows' : 'this number’s daily limit allows'}.`,
    autoResumeAt: next?.at ?? fallback,
  })
}

/** An attempt surely not accepted: its counted intent is taken back. */
export interface Released {
  readonly sendKey: string
  readonly intendedAt: Date
}

/** Times that came through a JavaScript Date lost their microseconds. */
const isSame = (a: Sql, b: Sql): Sql => sql`abs(extract(epoch FROM ${a} - ${b})) < 0.002`

/** Takes counted intents back; whoever has an earlier one within 24 hours still counts. The caller has locked the rooms in key order. */
async function release(tx: Db, workspaceId: string, roomId: string, people: readonly Released[]): Promise<void> {
  const gone = sql`unnest(${people.map(({ sendKey }) => sendKey)}::text[], ${people.map(({ intendedAt }) => intendedAt)}::timestamptz[]) AS g (send_key, at)`
  await run(
    tx,
    sql`WITH left_over AS (
          SELECT p.send_key, ARRAY(SELECT e FROM unnest(p.earlier || p.last_at) AS e WHERE NOT ${isSame(sql`e`, sql`g.at`)} AND e > now() - interval '24 hours' ORDER BY e) AS times
            FROM daily_person p JOIN ${gone} ON g.send_key = p.send_key
           WHERE p.workspace_id = ${workspaceId} AND p.room_id = ${roomId}
             AND EXISTS (SELECT 1 FROM unnest(p.earlier || p.last_at) AS e WHERE ${isSame(sql`e`, sql`g.at`)})),
        kept AS (
          UPDATE daily_person p SET last_at = l.times[cardinality(l.times)], earlier = l.times[1:cardinality(l.times) - 1]
            FROM left_over l WHERE p.workspace_id = ${workspaceId} AND p.room_id = ${roomId} AND p.send_key = l.send_key AND cardinality(l.times) > 0),
        freed AS (
          DELETE FROM daily_person p USING left_over l
           WHERE p.workspace_id = ${workspaceId} AND p.room_id = ${roomId} AND p.send_key = l.send_key AND cardinality(l.times) = 0
          RETURNING 1)
        UPDATE daily_room SET people = people - (SELECT count(*) FROM freed) WHERE ${inRoom(workspaceId, roomId)}`,
  )
}

const roomOf = sql`k.room_id IN ('portfolio:' || coalesce(a.portfolio_id, a.waba_id), 'number:' || n.id)`

/** Releases the room of campaign attempts surely not accepted. Costs one look-up where nothing is limited. */
export async function releaseAttempts(
  tx: Db,
  workspaceId: string,
  attempts: readonly { readonly campaignId: string; readonly seq: number; readonly intendedAt: Date | null }[],
): Promise<void> {
  if (attempts.length === 0) return
  const rows = await many<{ roomId: string } & Released>(
    tx,
    sql`SELECT k.room_id AS "roomId", r.send_key AS "sendKey", t.at AS "intendedAt"
          FROM unnest(${attempts.map((a) => a.campaignId)}::uuid[], ${attempts.map((a) => a.seq)}::int[], ${attempts.map((a) => a.intendedAt)}::timestamptz[])
            AS t (campaign_id, seq, at)
          JOIN campaign c ON c.workspace_id = ${workspaceId} AND c.id = t.campaign_id
          JOIN phone_number n ON n.workspace_id = c.workspace_id AND n.id = c.number_id
          JOIN whatsapp_account a ON a.workspace_id = n.workspace_id AND a.id = n.account_id
          JOIN daily_room k ON k.workspace_id = c.workspace_id AND ${roomOf}
          JOIN recipient r ON r.workspace_id = c.workspace_id AND r.campaign_id = t.campaign_id AND r.seq = t.seq
         WHERE t.at IS NOT NULL AND r.send_key IS NOT NULL
         ORDER BY k.room_id FOR UPDATE OF k`,
  )
  for (const [roomId, people] of Map.groupBy(rows, (row) => row.roomId)) await release(tx, workspaceId, roomId, people)
}

/** As `releaseAttempts`, for a test send. */
export async function releaseTest(tx: Db, workspaceId: string, testId: string): Promise<void> {
  const rows = await many<{ roomId: string } & Released>(
    tx,
    sql`SELECT k.room_id AS "roomId", t.send_key AS "sendKey", t.intended_at AS "intendedAt"
          FROM test_send t
          JOIN phone_number n ON n.workspace_id = t.workspace_id AND n.id = t.number_id
          JOIN whatsapp_account a ON a.workspace_id = n.workspace_id AND a.id = n.account_id
          JOIN daily_room k ON k.workspace_id = t.workspace_id AND ${roomOf}
         WHERE t.workspace_id = ${workspaceId} AND t.id = ${testId} AND t.intended_at IS NOT NULL
         ORDER BY k.room_id FOR UPDATE OF k`,
  )
  for (const { roomId, ...person } of rows) await release(tx, workspaceId, roomId, [person])
}

/** Condition over aliases `h` (hold), `n` (phone_number) and `a` (whatsapp_account): the hold stands on the number or its portfolio. */
const isFullSql: Sql = sql`((h.scope = 'number' AND h.scope_id = n.id::text) OR (h.scope = 'portfolio' AND h.scope_id = coalesce(a.portfolio_id, a.waba_id)))`

/** Those of these numbers that wait for room, of their own or of their portfolio: one statement for all numbers of a process. */
export const fullNumbers = (db: Db, numbers: readonly NumberKey[]): Promise<NumberKey[]> =>
  many(
    db,
    sql`SELECT DISTINCT n.workspace_id AS "workspaceId", n.id AS "numberId"
          FROM ${numberRows(numbers)} JOIN phone_number n ON n.workspace_id = k.workspace_id AND n.id = k.number_id
          JOIN whatsapp_account a ON a.workspace_id = n.workspace_id AND a.id = n.account_id
          JOIN hold h ON h.workspace_id = n.workspace_id AND h.reason = 'limit_reached' AND ${isFullSql}`,
  )

/** Lifts `limit_reached` as soon as there is room: people left the 24 hours, Meta raised the tier, or the operator the daily limit. */
export async function liftFullRooms(tx: Db, workspaceId: string, numberId: string): Promise<void> {
  const held = await many<{ scope: 'portfolio' | 'number'; scopeId: string } & LimitedNumber>(
    tx,
    sql`SELECT h.scope, h.scope_id AS "scopeId", ${limitedColumns}
          FROM phone_number n JOIN whatsapp_account a ON a.workspace_id = n.workspace_id AND a.id = n.account_id
          JOIN hold h ON h.workspace_id = n.workspace_id AND h.reason = 'limit_reached' AND ${isFullSql}
         WHERE n.workspace_id = ${workspaceId} AND n.id = ${numberId}`,
  )
  for (const { scope, scopeId, ...number } of held) {
    const limit = limitsOf(number).find((one) => one.scope === scope)
    const isFull =
      limit !== undefined && (await openRoom(tx, workspaceId, limit, 10_000)) + Math.ceil(limit.people * RESUME_SHARE) > limit.people
    if (!isFull) await clearHolds(tx, { workspaceId, scope, scopeId, reasons: ['limit_reached'] })
  }
}

/** Condition over alias `c` (contact): a message now would take room of some limit, for whoever is counted in none of the last 24 hours. */
export const needsRoomSql = (limits: readonly Limit[]): Sql =>
  limits.length === 0
    ? sql`false`
    : sql`(coalesce(c.last_inbound_at <= now() - interval '24 hours', true) AND (SELECT count(*) FROM daily_person p
            WHERE p.workspace_id = c.workspace_id AND p.room_id = ANY(${limits.map(({ roomId }) => roomId)}::text[]) AND p.send_key = c.send_key
              AND p.last_at > now() - interval '24 hours') < ${limits.length}::int)`

/** What a preview says of a limit: how many more people fit now, and when the next place frees. */
export interface RoomNow {
  readonly places: number
  readonly nextAt: Date
}

/** The tightest room of a number at this moment, by counting on the kept totals; undefined: nothing limits it. */
export async function roomNow(db: Db, workspaceId: string, limits: readonly Limit[]): Promise<RoomNow | undefined> {
  let tightest: RoomNow | undefined
  for (const limit of limits) {
    const { people, gone, nextAt } = await one<{ people: number; gone: number; nextAt: Date }>(
      db,
      sql`SELECT coalesce((SELECT people FROM daily_room WHERE ${inRoom(workspaceId, limit.roomId)}), 0) AS people,
                 (SELECT count(*) FROM (SELECT 1 FROM daily_person WHERE ${inRoom(workspaceId, limit.roomId)} AND last_at <= now() - interval '24 hours' LIMIT ${limit.people}) AS old) AS gone,
                 coalesce((SELECT last_at FROM daily_person WHERE ${inRoom(workspaceId, limit.roomId)} AND last_at > now() - interval '24 hours' ORDER BY last_at LIMIT 1),
                          now()) + interval '24 hours' AS "nextAt"`,
    )
    const places = Math.max(0, limit.people - (people - gone))
    if (tightest === undefined || places < tightest.places) tightest = { places, nextAt }
  }
  return tightest
}
