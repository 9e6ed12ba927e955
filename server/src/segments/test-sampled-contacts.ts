import fc from 'fast-check'
import { addContacts, frozenCampaign, testWorld } from '../campaigns/test-campaign.ts'
import { run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { testApp } from '../platform/test-app.ts'

export const DAY = 86_400_000
export const NOW = Date.now()
export const PEOPLE = 120
/** Id of a stored segment: tagged VIP and in India. */
export const SEGMENT = newId()

/** A contact and what it did, as the oracle sees it. */
export interface Person {
  readonly id: string
  readonly phone: string
  readonly tags: readonly string[]
  readonly attributes: Readonly<Record<string, string>>
  readonly isActive: boolean
  readonly optIn: boolean | null
  readonly optedOut: boolean
  readonly language: string | null
  readonly country: string | null
  readonly createdAt: number
  readonly inboundAt: number | null
  /** Per campaign: the message's state and the buttons pressed. */
  readonly messages: readonly ({ readonly state: number; readonly buttons: readonly number[]; readonly at: number } | null)[]
}
export const TAGS = ['VIP', 'new', 'Café']
const ages = [0.5, 3.5, 40.5]
const personArb = fc.record({
  tags: fc.uniqueArray(fc.constantFrom(...TAGS, 'vip')),
  attributes: fc.record(
    {
      City: fc.constantFrom('Berlin', 'berlin', 'Ürgüp', ''),
      Age: fc.constantFrom('9', '10', '10.0', 'ten', '-3', '1000'),
      Since: fc.constantFrom('2026-01-31', '2026-02-01T10:00:00Z', 'yesterday'),
    },
    { requiredKeys: [] },
  ),
  isActive: fc.boolean(),
  optIn: fc.constantFrom(true, false, null),
  optedOut: fc.boolean(),
  language: fc.constantFrom('en', 'en_US', 'pt-BR', 'EN-gb', null),
  country: fc.constantFrom('IN', 'US', null),
  createdAt: fc.constantFrom(...ages).map((age) => NOW - age * DAY),
  inboundAt: fc.option(fc.constantFrom(...ages).map((age) => NOW - age * DAY)),
  messages: fc.tuple(
    ...[0, 1].map(() =>
      fc.option(
        fc.record({
          state: fc.constantFrom(2, 3, 5, 6, 7, 8, 9),
          buttons: fc.uniqueArray(fc.constantFrom(0, 1)),
          at: fc.constantFrom(...ages).map((age) => NOW - age * DAY),
        }),
      ),
    ),
  ),
})

/** An app with contacts drawn by chance, always the same, and two campaigns: what each contact did in them is what `people` says. */
export async function sampledContacts() {
  const t = await testApp()
  const world = await testWorld(t)
  const people: Person[] = fc
    .sample(personArb, { numRuns: PEOPLE, seed: 7 })
    .map((person, i) => ({ ...person, id: newId(NOW + i), phone: `+9198765${String(10_000 + i)}` }))
  for (const person of people)
    await run(
      t.deps.pool,
      sql`INSERT INTO contact (workspace_id, id, phone_e164, send_key, tags, attributes, is_active, marketing_opt_in, opted_out_at, language, country, created_at, last_inbound_at)
          VALUES (${t.workspaceId}, ${person.id}, ${person.phone}, ${person.phone.slice(1)}, ${person.tags}, ${JSON.stringify(person.attributes)}, ${person.isActive},
                  ${person.optIn}, ${person.optedOut ? new Date(NOW) : null}, ${person.language}, ${person.country}, ${new Date(person.createdAt)},
                  ${person.inboundAt === null ? null : new Date(person.inboundAt)})`,
    )
  await addContacts(t, 2, { tag: 'Seed' })
  const campaigns = [
    await frozenCampaign(t, world, { tag: 'Seed', plain: true }),
    await frozenCampaign(t, world, { tag: 'Seed', plain: true }),
  ]
  await run(t.deps.pool, sql`DELETE FROM recipient`)
  await run(t.deps.pool, sql`DELETE FROM contact WHERE 'Seed' = ANY(tags)`)
  await run(t.deps.pool, sql`UPDATE campaign SET started_at = now() - interval '50 days' WHERE id = ${campaigns[1]}`)
  for (const [n, person] of people.entries())
    for (const [k, message] of person.messages.entries()) {
      if (message === null) continue
      const at = new Date(message.at)
      await run(
        t.deps.pool,
        sql`INSERT INTO recipient (workspace_id, campaign_id, seq, contact_id) VALUES (${t.workspaceId}, ${campaigns[k]}, ${n + 1}, ${person.id})`,
      )
      await run(
        t.deps.pool,
        sql`INSERT INTO message (workspace_id, campaign_id, seq, state, skip_reason, accepted_at, delivered_at, read_at, failed_at)
            VALUES (${t.workspaceId}, ${campaigns[k]}, ${n + 1}, ${message.state}, ${message.state === 3 ? 'inactive' : null}, ${message.state >= 6 ? at : null},
                    ${message.state >= 8 ? at : null}, ${message.state === 9 ? at : null}, ${message.state === 7 || message.state === 5 ? at : null})`,
      )
      for (const button of message.buttons)
        await run(
          t.deps.pool,
          sql`INSERT INTO button_presser (workspace_id, campaign_id, seq, button_index, first_at, last_at) VALUES (${t.workspaceId}, ${campaigns[k]}, ${n + 1}, ${button}, now(), now())`,
        )
    }
  await run(
    t.deps.pool,
    sql`INSERT INTO segment (workspace_id, id, name, filter, created_by_name) VALUES (${t.workspaceId}, ${SEGMENT}, 'Oracle', ${JSON.stringify({ tags: ['vip'], where: { country: ['IN'] } })}, 'test')`,
  )
  return { t, world, people, campaigns }
}
