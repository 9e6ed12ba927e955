import { insertAccount } from '../../../server/src/accounts/test-account.ts'
import type { ContactFilter } from '../../../server/src/contacts/filter.ts'
import { run, sql } from '../../../server/src/platform/db.ts'
import { newId } from '../../../server/src/platform/ids.ts'
import { type TestApp, testApp } from '../../../server/src/platform/test-app.ts'
import type { Report } from './report.ts'

const ROUNDS = 5
/** A live count is asked for with each change in the segment builder; one that looks at earlier campaigns may take longer. */
const PLAIN = { atMost: 300 }
const BEHAVIOUR = { atMost: 2_000 }

/** How long live counts and a campaign's preview take among so many contacts, through the API; the contacts' history is written by SQL. */
export async function measureCounts(report: Report, contacts: number): Promise<void> {
  const t = await testApp()
  try {
    const { plainTemplateId, numberId } = await insertAccount(t)
    const campaign = await writeHistory(t, { contacts, templateId: plainTemplateId, numberId })
    const size = contacts.toLocaleString('en')
    for (const [name, contactFilter, goal] of filtersOf(campaign)) {
      const body = await medianOf(t, 'Segment/preview', { contactFilter })
      const note = `${body.answer.count.toLocaleString('en')} found`
      report.row({ what: `count of ${size}: ${name}`, value: body.ms, unit: 'ms', goal, note })
    }
    const preview = await medianOf(t, 'WhatsappCampaign/preview', { templateId: plainTemplateId, contactFilter: { everyone: true } })
    report.row({ what: `preview of a campaign to all ${size}`, value: preview.ms, unit: 'ms', note: `${preview.answer.eligible} eligible` })
  } finally {
    await t.drop()
  }
}

async function medianOf(t: TestApp, path: string, body: unknown): Promise<{ readonly ms: number; readonly answer: TestAnswerBody }> {
  const times: number[] = []
  let answer: TestAnswerBody = { count: 0, eligible: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now()
    const got = await t.request('POST', path, { body })
    if (got.status !== 200) throw new Error(JSON.stringify(got.body))
    times.push(performance.now() - startedAt)
    answer = got.body
  }
  return { ms: times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0, answer }
}
interface TestAnswerBody {
  readonly count: number
  readonly eligible: number
}

const filtersOf = (campaign: string): readonly (readonly [string, ContactFilter, { readonly atMost: number }])[] => [
  ['tags any, 50 %', { tags: ['VIP', 'New'] }, PLAIN],
  ['tag and exclude, 24 %', { tags: ['VIP'], excludeTags: ['Group 3'] }, PLAIN],
  ['tag, 1 %', { tags: ['Group 7'] }, PLAIN],
  ['attribute eq, 20 %', { attributes: [{ key: 'City', op: 'eq', value: 'Berlin' }] }, PLAIN],
  ['attribute number gt, 20 %', { attributes: [{ key: 'Orders', op: 'gt', value: 39 }] }, PLAIN],
  ['tag and attribute', { tags: ['VIP'], attributes: [{ key: 'City', op: 'eq', value: 'Berlin' }] }, PLAIN],
  ['or of tag and country', { where: { or: [{ tags: ['VIP'] }, { country: ['US'] }] } }, PLAIN],
  ['read in a campaign', { campaign: { id: campaign, outcome: 'Read' } }, BEHAVIOUR],
  [
    'not delivered or VIP, not new',
    { where: { and: [{ or: [{ campaign: { id: campaign, outcome: 'NotDelivered' } }, { tags: ['VIP'] }] }, { not: { tags: ['New'] } }] } },
    BEHAVIOUR,
  ],
  ['last messaged before 3 days', { where: { date: { field: 'lastMessaged', op: 'before', daysAgo: 3 } } }, BEHAVIOUR],
]

/** Contacts of four countries with tags and attributes, and an ended campaign to all of them. @returns its id */
async function writeHistory(
  t: TestApp,
  { contacts, templateId, numberId }: { readonly contacts: number; readonly templateId: string; readonly numberId: string },
): Promise<string> {
  const { pool } = t.deps
  const campaign = newId()
  await run(
    pool,
    sql`INSERT INTO contact (workspace_id, id, phone_e164, send_key, key_hash, first_name, language, country, tags, attributes, marketing_opt_in, created_at)
        SELECT ${t.workspaceId}, md5('contact ' || n)::uuid, '+91' || (9700000000 + n), '91' || (9700000000 + n), decode(md5(n::text), 'hex'), 'Person ' || n,
               (ARRAY['en', 'hi', 'en_GB'])[1 + n % 3], (ARRAY['IN', 'US', 'DE', 'BR'])[1 + n % 4],
               ARRAY[(ARRAY['VIP', 'Returning', 'New', 'Newsletter'])[1 + n % 4], 'Group ' || n % 100],
               jsonb_build_object('City', (ARRAY['Berlin', 'Mumbai', 'Cairo', 'Lima', 'Oslo'])[1 + n % 5], 'Orders', n % 50), n % 3 > 0, now() - n % 400 * interval '1 day'
          FROM generate_series(1, ${contacts}::int) AS n`,
  )
  await run(
    pool,
    sql`INSERT INTO campaign (workspace_id, id, name, status, template_id, contact_filter, created_by_name, created_by_type, started_at, completed_at, frozen_at, frozen_template, number_id, audience)
        VALUES (${t.workspaceId}, ${campaign}, 'Earlier', 'Completed', ${templateId}, '{}', 'bench', 'system', now() - interval '5 days', now() - interval '5 days', now() - interval '5 days', '{}', ${numberId}, ${contacts})`,
  )
  await run(
    pool,
    sql`INSERT INTO recipient (workspace_id, campaign_id, seq, contact_id) SELECT ${t.workspaceId}, ${campaign}, n, md5('contact ' || n)::uuid FROM generate_series(1, ${contacts}::int) AS n`,
  )
  await run(
    pool,
    sql`INSERT INTO message (workspace_id, campaign_id, seq, state, accepted_at, delivered_at, read_at)
        SELECT ${t.workspaceId}, ${campaign}, n, (ARRAY[6, 8, 8, 9])[1 + n % 4], now() - interval '5 days', now(), now() FROM generate_series(1, ${contacts}::int) AS n`,
  )
  await pool.query('VACUUM ANALYZE')
  return campaign
}
