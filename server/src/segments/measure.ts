import { testWorld } from '../campaigns/test-campaign.ts'
import type { ContactFilter } from '../contacts/filter.ts'
import { run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { testApp } from '../platform/test-app.ts'

/**
 * How long a live count takes: `node server/src/segments/measure.ts [contacts]`, a million by default. Makes a database of its own, a
 * campaign to everybody, asks each filter five times through the API and prints the median, one row a filter, as the bench prints its rows.
 */
const count = Number(process.argv[2] ?? 1_000_000)
const t = await testApp()
try {
  const world = await testWorld(t)
  const campaign = newId()
  await run(
    t.deps.pool,
    sql`INSERT INTO contact (workspace_id, id, phone_e164, send_key, key_hash, first_name, language, country, tags, attributes, marketing_opt_in, created_at)
        SELECT ${t.workspaceId}, md5('contact ' || n)::uuid, '+91' || (9700000000 + n), '91' || (9700000000 + n), decode(md5(n::text), 'hex'), 'Person ' || n,
               (ARRAY['en', 'hi', 'en_GB'])[1 + n % 3], (ARRAY['IN', 'US', 'DE', 'BR'])[1 + n % 4],
               ARRAY[(ARRAY['VIP', 'Returning', 'New', 'Newsletter'])[1 + n % 4], 'Group ' || n % 100],
               jsonb_build_object('City', (ARRAY['Berlin', 'Mumbai', 'Cairo', 'Lima', 'Oslo'])[1 + n % 5], 'Orders', n % 50), n % 3 > 0, now() - n % 400 * interval '1 day'
          FROM generate_series(1, ${count}::int) AS n`,
  )
  await run(
    t.deps.pool,
    sql`INSERT INTO campaign (workspace_id, id, name, status, template_id, contact_filter, created_by_name, created_by_type, started_at, completed_at, frozen_at, frozen_template, number_id, audience)
        VALUES (${t.workspaceId}, ${campaign}, 'Earlier', 'Completed', ${world.plainTemplateId}, '{}', 'measure', 'system', now() - interval '5 days', now() - interval '5 days', now() - interval '5 days', '{}', ${world.numberId}, ${count})`,
  )
  await run(
    t.deps.pool,
    sql`INSERT INTO recipient (workspace_id, campaign_id, seq, contact_id) SELECT ${t.workspaceId}, ${campaign}, n, md5('contact ' || n)::uuid FROM generate_series(1, ${count}::int) AS n`,
  )
  await run(
    t.deps.pool,
    sql`INSERT INTO message (workspace_id, campaign_id, seq, state, accepted_at, delivered_at, read_at)
        SELECT ${t.workspaceId}, ${campaign}, n, (ARRAY[6, 8, 8, 9])[1 + n % 4], now() - interval '5 days', now(), now() FROM generate_series(1, ${count}::int) AS n`,
  )
  await t.deps.pool.query('VACUUM ANALYZE')
  const filters: Record<string, ContactFilter> = {
    'tags any, 50 %': { tags: ['VIP', 'New'] },
    'tag and exclude, 24 %': { tags: ['VIP'], excludeTags: ['Group 3'] },
    'tag, 1 %': { tags: ['Group 7'] },
    'attribute eq, 20 %': { attributes: [{ key: 'City', op: 'eq', value: 'Berlin' }] },
    'attribute number gt, 20 %': { attributes: [{ key: 'Orders', op: 'gt', value: 39 }] },
    'tag and attribute': { tags: ['VIP'], attributes: [{ key: 'City', op: 'eq', value: 'Berlin' }] },
    'or of tag and country': { where: { or: [{ tags: ['VIP'] }, { country: ['US'] }] } },
    'read in a campaign': { campaign: { id: campaign, outcome: 'Read' } },
    'not delivered, or VIP, not new': {
      where: { and: [{ or: [{ campaign: { id: campaign, outcome: 'NotDelivered' } }, { tags: ['VIP'] }] }, { not: { tags: ['New'] } }] },
    },
    'last messaged before 3 days': { where: { date: { field: 'lastMessaged', op: 'before', daysAgo: 3 } } },
  }
  for (const [name, contactFilter] of Object.entries(filters)) {
    const times: number[] = []
    let found = 0
    for (let round = 0; round < 5; round++) {
      const startedAt = performance.now()
      const { status, body } = await t.request('POST', 'Segment/preview', { body: { contactFilter } })
      if (status !== 200) throw new Error(JSON.stringify(body))
      times.push(performance.now() - startedAt)
      found = body.count
    }
    process.stdout.write(`| ${name} | ${found} of ${count} | ${Math.round(times.toSorted((a, b) => a - b)[2] ?? 0)} ms |\n`)
  }
} finally {
  await t.drop()
}
