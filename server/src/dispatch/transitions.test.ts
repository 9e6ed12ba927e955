import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addContacts } from '../campaigns/test-campaign.ts'
import { type Db, many, one, run, sql } from '../platform/db.ts'
import { inTransaction } from '../platform/transaction.ts'
import { cancelRemaining } from './cancel.ts'
import { type Cause, isAllowed, MOVES } from './moves.ts'
import { rescueStale } from './rescuer.ts'
import { applyProofs } from './settle.ts'
import { STATE, type State, type StateName } from './state.ts'
import { acceptance, inference, type TestNumber, testNumber } from './test-number.ts'
import { giveUpUnknown, resendUnknown } from './unknown.ts'

const NAMES = Object.keys(STATE) as StateName[]
const nameOf = (state: State): StateName => NAMES.find((name) => STATE[name] === state) as StateName

let n: TestNumber
before(async () => {
  n = await testNumber()
  await addContacts(n.t, NAMES.length, { tag: 'T' })
})
after(() => n.t.drop())

/** A campaign with one recipient in each state, by stored rows: seq i is in the i-th state. Attempt 1 of everybody was intended. */
async function oneOfEach(): Promise<string> {
  const id = await n.frozen('T')
  await run(
    n.t.deps.pool,
    sql`INSERT INTO message (workspace_id, campaign_id, seq, state, attempt, tries, skip_reason, intended_at, accepted_at, sent_at, delivered_at, read_at, failed_at, settled_at, owner_token)
        SELECT ${n.t.workspaceId}, ${id}, s.state + 1, s.state, 1, 1, CASE WHEN s.state = 3 THEN 'inactive' END, now() - interval '1 hour',
               CASE WHEN s.state >= 6 THEN now() END, CASE WHEN s.state >= 6 THEN now() END, CASE WHEN s.state >= 8 THEN now() END,
               CASE WHEN s.state = 9 THEN now() END, CASE WHEN s.state IN (5, 7) THEN now() END, now(), CASE WHEN s.state = 1 THEN 1 END
          FROM unnest(${Object.values(STATE)}::int[]) AS s (state)`,
  )
  await run(
    n.t.deps.pool,
    sql`INSERT INTO message_retry (workspace_id, campaign_id, seq, attempt, due_at) VALUES (${n.t.workspaceId}, ${id}, ${STATE.pending + 1}, 1, now() - interval '1 minute')`,
  )
  await run(
    n.t.deps.pool,
    sql`UPDATE campaign_slice SET cursor_seq = last_seq, sending = 1, sent = 1, delivered = 1, read = 1, failed = 2, skipped = 1, unknown = 1, cancelled = 1,
               advanced_at = now() - interval '1 hour' WHERE campaign_id = ${id}`,
  )
  await run(
    n.t.deps.pool,
    sql`UPDATE campaign_counter SET sent = 1, delivered = 1, read = 1, rejected = 1, undelivered = 1, skipped = 1, unknown = 1, cancelled = 1 WHERE campaign_id = ${id}`,
  )
  await run(
    n.t.deps.pool,
    sql`INSERT INTO campaign_failure (workspace_id, campaign_id, kind, code, count)
        VALUES (${n.t.workspaceId}, ${id}, 'rejected', '0', 1), (${n.t.workspaceId}, ${id}, 'undelivered', '0', 1), (${n.t.workspaceId}, ${id}, 'skipped', 'inactive', 1)`,
  )
  await n.assertConsistent(id)
  return id
}

const statesOf = async (id: string): Promise<Record<string, StateName>> => {
  const rows = await many<{ seq: number; state: State }>(
    n.t.deps.pool,
    sql`SELECT seq, state FROM message WHERE campaign_id = ${id} ORDER BY seq`,
  )
  return Object.fromEntries(rows.map(({ seq, state }) => [nameOf((seq - 1) as State), nameOf(state)]))
}
const inTx = <T>(work: (tx: Db) => Promise<T>) => inTransaction(n.t.deps.pool, work)
const everybody = NAMES.map((name) => STATE[name] + 1)

/** What each statement tries to do to everybody, whatever their state, and the causes it may act for. */
const STATEMENTS: { name: string; to: StateName; causes: Cause[]; act: (id: string) => Promise<unknown> }[] = [
  ...(['sent', 'undelivered', 'delivered', 'read'] as const).map((to) => ({
    name: `a receipt of ${to}`,
    to,
    causes: ['receipt'] as Cause[],
    act: (id: string) =>
      inTx((tx) =>
        applyProofs(
          tx,
          n.t.workspaceId,
          everybody.map((seq) => ({ campaignId: id, seq, attempt: 1, state: STATE[to], at: new Date(), wamid: `w${seq}` })),
        ),
      ),
  })),
  {
    name: 'a 2xx',
    to: 'sent',
    causes: ['answer'],
    act: (id) => n.record(everybody.map((seq) => acceptance(id, seq))),
  },
  ...(['pending', 'unknown', 'rejected'] as const).map((to) => ({
    name: `an answer that means ${to}`,
    to,
    causes: ['answer', 'no-byte proof'] as Cause[],
    act: (id: string) =>
      n.record(
        [],
        everybody.map((seq) => inference(id, seq, STATE[to])),
      ),
  })),
  {
    name: 'a refusal in a cancelled campaign',
    to: 'cancelled',
    causes: ['answer', 'no-byte proof'],
    async act(id) {
      await run(n.t.deps.pool, sql`UPDATE campaign SET status = 'Cancelled', completed_at = now() WHERE id = ${id}`)
      await n.record(
        [],
        everybody.map((seq) => inference(id, seq, STATE.pending)),
      )
    },
  },
  { name: 'the intent of a retry', to: 'sending', causes: ['intent'], act: (id) => n.retries(id, 100) },
  {
    name: 'the intent of a retry of somebody who opted out',
    to: 'skipped',
    causes: ['intent'],
    async act(id) {
      await run(n.t.deps.pool, sql`UPDATE contact SET is_active = false`)
      await n.retries(id, 100)
      await run(n.t.deps.pool, sql`UPDATE contact SET is_active = true`)
    },
  },
  { name: 'the rescuer', to: 'unknown', causes: ['rescuer'], act: () => rescueStale(n.t.deps.pool, 60_000) },
  {
    name: 'doubt accepted',
    to: 'pending',
    causes: ['doubt accepted'],
    act: (id) => inTx((tx) => resendUnknown(tx, n.t.workspaceId, id, 'test')),
  },
  { name: 'giving up', to: 'unknown', causes: [], act: (id) => inTx((tx) => giveUpUnknown(tx, n.t.workspaceId, id, 'test')) },
  {
    name: 'a cancel',
    to: 'cancelled',
    causes: ['cancel'],
    act: (id) =>
      inTx(async (tx) => {
        await run(tx, sql`UPDATE campaign SET status = 'Cancelled', completed_at = now() WHERE id = ${id}`)
        await cancelRemaining(tx, n.t.workspaceId, id)
      }),
  },
]

for (const { name, to, causes, act } of STATEMENTS)
  test(`${name} moves exactly those whom the table of moves allows to become ${to}`, async () => {
    const id = await oneOfEach()
    await act(id)
    const expected = Object.fromEntries(NAMES.map((from) => [from, causes.some((cause) => isAllowed(from, to, cause)) ? to : from]))
    assert.deepEqual(await statesOf(id), expected)
    await n.assertConsistent(id)
  })

test('every cause of the table is tried by a statement', () => {
  const tried = new Set(STATEMENTS.flatMap(({ causes }) => causes))
  assert.deepEqual(
    [...new Set(MOVES.map(({ by }) => by))].filter((cause) => !tried.has(cause)),
    [],
  )
})

test('the database refuses exactly the moves that the table has for no cause', async () => {
  const { condition } = await one<{ condition: string }>(
    n.t.deps.pool,
    sql`SELECT pg_get_constraintdef(oid) AS condition FROM pg_constraint WHERE conname = 'message_move'`,
  )
  const expression = /^CHECK \((.*)\)$/s.exec(condition)?.[1] ?? ''
  for (const from of NAMES)
    for (const to of NAMES) {
      const { rows } = await n.t.deps.pool.query<{ ok: boolean }>(
        `SELECT (${expression}) AS ok FROM (SELECT ${STATE[from]}::smallint AS prev_state, ${STATE[to]}::smallint AS state) AS row`,
      )
      const wanted = from === to || MOVES.some((move) => move.from.includes(from) && move.to.includes(to))
      assert.equal(rows[0]?.ok, wanted, `${from} → ${to}`)
    }
})
