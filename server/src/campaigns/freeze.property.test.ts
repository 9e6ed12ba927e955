import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { phoneKey } from '../contacts/identity.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { frozenCampaign, type TestWorld, testWorld } from './test-campaign.ts'

let t: TestApp
let world: TestWorld
before(async () => {
  t = await testApp()
  world = await testWorld(t)
})
after(() => t.drop())

/** Numbers of which many are one person: with and without the old mobile prefixes that WhatsApp still answers with. */
const line = fc.integer({ min: 0, max: 5 })
const phone = fc.oneof(
  line.map((n) => `+9198765000${10 + n}`),
  line.chain((n) => fc.constantFrom(`+52155123456${10 + n}`, `+5255123456${10 + n}`)),
  line.chain((n) => fc.constantFrom(`+551198765430${n}`, `+55118765430${n}`)),
  line.chain((n) => fc.constantFrom(`+54911234567${10 + n}`, `+5411234567${10 + n}`)),
)
const mostly = fc.integer({ min: 0, max: 4 }).map((n) => n > 0)
const person = fc
  .record({
    phone: fc.option(phone, { nil: null }),
    userId: fc.option(fc.constantFrom('IN.1', 'IN.2'), { nil: null, freq: 3 }),
    isActive: mostly,
    isOut: mostly.map((isIn) => !isIn),
  })
  .filter((one) => one.phone !== null || one.userId !== null) // a contact has one of them

let rounds = 0
test('whatever the contacts, a freeze takes each once, sends to a person once, and leaves nobody without a reason', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(person, { maxLength: 25, selector: ({ phone: number, userId }) => number ?? userId }), async (all) => {
      const always = ['+919000000001', '+5215512345699', '+525512345699'] // somebody is eligible, and somebody stands twice
      const people = [...always.map((number) => ({ phone: number, userId: null, isActive: true, isOut: false })), ...all]
      const tag = `round${++rounds}`
      await run(t.deps.pool, sql`DELETE FROM contact WHERE workspace_id = ${t.workspaceId}`)
      await run(
        t.deps.pool,
        sql`INSERT INTO contact (workspace_id, id, phone_e164, user_id, send_key, key_hash, tags, is_active, opted_out_at)
            SELECT ${t.workspaceId}, gen_random_uuid(), p.phone, p.user_id, p.key, decode(md5(p.key), 'hex'), ${[tag]}, p.active, CASE WHEN p.is_out THEN now() END
              FROM unnest(${people.map((p) => p.phone)}::text[], ${people.map((p) => p.userId)}::text[],
                          ${people.map((p) => (p.phone === null ? p.userId : phoneKey(p.phone)))}::text[],
                          ${people.map((p) => p.isActive)}::boolean[], ${people.map((p) => p.isOut)}::boolean[]) AS p (phone, user_id, key, active, is_out)
            ON CONFLICT DO NOTHING`,
      )
      const contacts = await many<{ id: string; send_key: string | null; sendable: boolean }>(
        t.deps.pool,
        sql`SELECT id, send_key, send_key IS NOT NULL AND is_active AND opted_out_at IS NULL AS sendable FROM contact WHERE workspace_id = ${t.workspaceId}`,
      )
      const id = await frozenCampaign(t, world, { tag, plain: true })
      const rows = await many<{ seq: number; contact_id: string; send_key: string | null; skip_reason: string | null }>(
        t.deps.pool,
        sql`SELECT r.seq, r.contact_id, r.send_key, m.skip_reason FROM recipient r
              LEFT JOIN message m ON m.workspace_id = r.workspace_id AND m.campaign_id = r.campaign_id AND m.seq = r.seq
             WHERE r.campaign_id = ${id} ORDER BY r.seq`,
      )
      assert.deepEqual(rows.map(({ contact_id }) => contact_id).sort(), contacts.map((contact) => contact.id).sort(), 'everybody once')
      assert.deepEqual(
        rows.map(({ seq }) => seq),
        rows.map((_, i) => i + 1),
        'numbered without a gap',
      )
      const sentTo = rows.filter(({ skip_reason }) => skip_reason === null)
      const keys = new Set(contacts.filter(({ sendable }) => sendable).map(({ send_key }) => send_key))
      assert.deepEqual(sentTo.map(({ send_key }) => send_key).sort(), [...keys].sort(), 'every person who may be sent to, once')
      const sendable = new Set(contacts.filter((contact) => contact.sendable).map((contact) => contact.id))
      for (const { contact_id, skip_reason } of rows)
        if (skip_reason !== null) assert.equal(skip_reason === 'duplicate_phone', sendable.has(contact_id), `${skip_reason}`)
      const { audience } = await one<{ audience: number }>(t.deps.pool, sql`SELECT audience FROM campaign WHERE id = ${id}`)
      assert.equal(audience, rows.length)
    }),
    { numRuns: 15 },
  )
})
