import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addContacts } from '../campaigns/test-campaign.ts'
import { type Db, many, one, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { noteWriters } from './people.ts'

let t: TestApp
before(async () => {
  t = await testApp()
  await addContacts(t, 2, { tag: 'Writers' })
})
after(() => t.drop())

const db = () => t.deps.pool as Db
const ids = async () =>
  (await many<{ id: string }>(db(), sql`SELECT id FROM contact ORDER BY phone_e164`)).map(({ id }) => id) as [string, string]
const known = (id: string) =>
  one<{ wa_id: string | null; user_id: string | null; at: Date | null; version: string }>(
    db(),
    sql`SELECT wa_id, user_id, last_inbound_at AS at, xmin::text AS version FROM contact WHERE id = ${id}`,
  )
const at = (minute: number) => new Date(Date.UTC(2026, 9, 1, 12, minute))
const said = (contactId: string, minute: number, more: { waId?: string; userId?: string } = {}) => ({
  contactId,
  phone: null,
  waId: more.waId ?? null,
  userId: more.userId ?? null,
  at: at(minute),
})

test('of several messages of a batch every id is kept, whichever told it, and the latest time', async () => {
  const [first] = await ids()
  await noteWriters(db(), t.workspaceId, [
    said(first, 2),
    said(first, 1, { waId: '919700000000', userId: 'IN.1' }),
    said(first, 3),
  ] as never)
  const { version: _, ...now } = await known(first)
  assert.deepEqual(now, { wa_id: '919700000000', user_id: 'IN.1', at: at(3) })
})

test('a message that tells nothing new writes nothing; another person’s id is not taken', async () => {
  const [first, second] = await ids()
  await noteWriters(db(), t.workspaceId, [said(first, 5, { userId: 'IN.1' })] as never)
  const before = await known(first)
  await noteWriters(db(), t.workspaceId, [said(first, 5, { userId: 'IN.1' }), said(first, 4)] as never)
  assert.deepEqual(await known(first), before)
  await noteWriters(db(), t.workspaceId, [said(second, 6, { userId: 'IN.1' })] as never)
  const other = await known(second)
  assert.deepEqual([other.user_id, other.at], [null, at(6)])
})
