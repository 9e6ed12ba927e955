import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { SHOWN_STATUSES } from '../dispatch/state.ts'
import { addMember } from '../people/test-people.ts'
import { many, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { campaignEvents, endEventStreams } from './events.ts'
import { CATALOG_CODES, failureAdvice, SKIP_REASONS } from './failure-catalog.ts'

let t: TestApp
let world: TestWorld
let id: string
const PEOPLE = 1_300
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, PEOPLE)
  id = await frozenCampaign(t, world)
})
after(() => t.drop())

/** Gives the first `cursor` recipients states, and slices and counters that fit. */
async function seed(states: readonly number[], cursor: number): Promise<void> {
  await run(t.deps.pool, sql`DELETE FROM message WHERE campaign_id = ${id}`)
  await run(
    t.deps.pool,
    sql`INSERT INTO message (workspace_id, campaign_id, seq, state, attempt, skip_reason, error_code, delivered_at, read_at, failed_at)
        SELECT ${t.workspaceId}, ${id}, n, (${states}::smallint[])[1 + (n * 7919) % ${states.length}], 1, 'inactive', 131026, now(), now(), now()
          FROM generate_series(1, ${cursor}) AS n WHERE (${states}::smallint[])[1 + (n * 7919) % ${states.length}] >= 0`,
  )
  await run(
    t.deps.pool,
    sql`UPDATE campaign_slice s
           SET cursor_seq = greatest(s.first_seq - 1, least(s.last_seq, ${cursor})), sent = k.c6, delivered = k.c8, read = k.c9, failed = k.c5 + k.c7, skipped = k.c3,
               unknown = k.c2, cancelled = k.c4, sending = k.c1 + greatest(0, least(s.last_seq, ${cursor}) - s.first_seq + 1 - k.n)
          FROM (SELECT s.slice_no, count(m.seq)::int AS n, ${[1, 2, 3, 4, 5, 6, 7, 8, 9]
            .map((state) => sql`count(*) FILTER (WHERE m.state = ${state})::int AS ${{ strings: [`c${state}`], values: [], isSql: true }}`)
            .reduce((list, part) => sql`${list}, ${part}`)}
                  FROM campaign_slice s LEFT JOIN message m ON m.campaign_id = s.campaign_id AND m.seq BETWEEN s.first_seq AND s.last_seq
                 WHERE s.campaign_id = ${id} GROUP BY s.slice_no) AS k
         WHERE s.campaign_id = ${id} AND s.slice_no = k.slice_no`,
  )
  await run(
    t.deps.pool,
    sql`UPDATE campaign_counter c
           SET sent = s.sent, delivered = s.delivered, read = s.read, rejected = s.failed, undelivered = 0, skipped = s.skipped, unknown = s.unknown,
               cancelled = s.cancelled + CASE WHEN (SELECT status FROM campaign WHERE id = ${id}) = 'Cancelled' THEN s.ahead ELSE 0 END
          FROM (SELECT sum(sent) AS sent, sum(delivered) AS delivered, sum(read) AS read, sum(failed) AS failed, sum(skipped) AS skipped,
                       sum(unknown) AS unknown, sum(cancelled) AS cancelled,
                       sum(last_seq - cursor_seq) AS ahead
                  FROM campaign_slice s WHERE campaign_id = ${id}) AS s
         WHERE c.campaign_id = ${id}`,
  )
}
async function pages(query: string, pageSize: number): Promise<{ items: { contactId: string; status: string }[]; totalCount: number }> {
  const items: { contactId: string; status: string }[] = []
  for (let page = 1; ; page++) {
    const { body } = await t.request('GET', `WhatsappCampaign/${id}/contacts?page=${page}&pageSize=${pageSize}${query}`)
    items.push(...body.items)
    if (page >= body.totalPages) return { items, totalCount: body.totalCount }
  }
}

test('whatever the states, the pages of every filter put together are the whole list filtered, and totals agree', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(-1, 0, 1, 2, 3, 5, 6, 7, 8, 9), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 0, max: PEOPLE }),
      fc.constantFrom(97, 200),
      fc.constantFrom('Running', 'Cancelled'),
      async (states, cursor, pageSize, campaignStatus) => {
        await run(t.deps.pool, sql`UPDATE campaign SET status = ${campaignStatus} WHERE id = ${id}`)
        // whoever waits for a retry is cancelled with the campaign
        await seed(campaignStatus === 'Cancelled' ? states.map((state) => (state === 0 ? 4 : state)) : states, cursor)
        const all = await pages('', 200)
        assert.equal(all.items.length, PEOPLE)
        for (const status of SHOWN_STATUSES) {
          const filtered = await pages(`&statusFilter=${status.toLowerCase()}`, pageSize)
          const expected = all.items.filter((item) => item.status === status).map(({ contactId }) => contactId)
          assert.deepEqual(
            filtered.items.map(({ contactId }) => contactId),
            expected,
            status,
          )
          assert.equal(filtered.totalCount, expected.length, status)
        }
      },
    ),
    { numRuns: 8 },
  )
  await run(t.deps.pool, sql`UPDATE campaign SET status = 'Running' WHERE id = ${id}`)
})

test('search finds by name and phone, alone and with a status', async () => {
  await seed([6, 8], PEOPLE)
  const search = async (query: string) => (await t.request('GET', `WhatsappCampaign/${id}/contacts?pageSize=200&${query}`)).body
  assert.equal((await search('searchTerm=Person 9700000007')).totalCount, 1)
  assert.equal((await search('searchTerm=9700000007')).items[0].phone, '+919700000007')
  const both = await search('searchTerm=Person&statusFilter=Sent')
  assert.ok(both.totalCount > 0 && both.items.every(({ status }: { status: string }) => status === 'Sent'))
  assert.equal((await search('searchTerm=nobody at all')).totalCount, 0)
})

test('bad queries are refused by name, and filtered pages have an end', async () => {
  const bad = await t.request('GET', `WhatsappCampaign/${id}/contacts?page=0&pageSize=500&statusFilter=Gone&x=1`)
  assert.equal(bad.status, 422)
  const also = await t.request('GET', `WhatsappCampaign/${id}/contacts?page=0&pageSize=500&statusFilter=Gone`)
  assert.deepEqual(also.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), ['?page', '?pageSize', '?statusFilter'])
  assert.equal(
    (await t.request('GET', `WhatsappCampaign/${id}/contacts?page=1001&pageSize=100&statusFilter=Sent`)).body.code,
    'page-too-deep',
  )
})

test('the export holds what the list holds, with the same filters', async () => {
  await seed([6, 8, 9, -1], 800)
  const lines = (await t.request('GET', `WhatsappCampaign/${id}/export?statusFilter=Read`)).body.trim().split('\r\n')
  assert.equal(lines.length - 1, (await pages('&statusFilter=Read', 200)).totalCount)
  assert.ok(lines[1].includes(',Read,'))
})

test('one recipient’s trail shows the message as it was rendered for them', async () => {
  const { items } = await pages('', 200)
  const { body } = await t.request('GET', `WhatsappCampaign/${id}/contacts/${items.find(({ status }) => status === 'Read')?.contactId}`)
  assert.match(body.text.body, /^Hi Person \d+, see this\.$/)
  assert.ok(body.events.length > 0)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}/contacts/${id}`)).status, 404)
})

test('a trail tells within a second what comes first, though Meta dates by the second', async () => {
  const { items } = await pages('', 200)
  const contactId = items.find(({ status }) => status === 'Read')?.contactId
  await run(
    t.deps.pool,
    sql`UPDATE message SET intended_at = '2026-11-25T09:00:05.400Z', accepted_at = '2026-11-25T09:00:05.520Z', sent_at = '2026-11-25T09:00:05Z',
               delivered_at = '2026-11-25T09:00:05Z', read_at = '2026-11-25T09:00:07Z', failed_at = NULL
         WHERE campaign_id = ${id} AND seq = (SELECT seq FROM recipient WHERE campaign_id = ${id} AND contact_id = ${contactId})`,
  )
  const { body } = await t.request('GET', `WhatsappCampaign/${id}/contacts/${contactId}`)
  assert.deepEqual(
    body.events.map(({ kind }: { kind: string }) => kind),
    ['intended', 'accepted', 'sent', 'delivered', 'read'],
  )
})

test('the dashboard adds up its days and compares with the period before', async () => {
  await run(
    t.deps.pool,
    sql`INSERT INTO campaign_minute (workspace_id, campaign_id, minute, sent, read) VALUES (${t.workspaceId}, ${id}, date_trunc('minute', now()), 5, 2)`,
  )
  const { status, body } = await t.request('GET', 'WhatsappCampaign/dashboard/main?timeZone=Asia/Kolkata')
  assert.equal(status, 200)
  assert.equal(
    body.series.reduce((sum: number, day: { sent: number }) => sum + day.sent, 0),
    5,
  )
  assert.deepEqual([body.totals.campaigns, body.previous.totals.campaigns, body.statusCounts.Running], [1, 0, 1])
  assert.equal(body.senders[0].usedLast24h, 5)
  assert.equal((await t.request('GET', 'WhatsappCampaign/dashboard/main?timeZone=Mars/X&from=2026-01-01')).body.errors.length, 2)
})

test('a failure’s code is the same text on the dashboard and in the campaign’s failures', async () => {
  await run(
    t.deps.pool,
    sql`INSERT INTO campaign_failure (workspace_id, campaign_id, kind, code, count) VALUES (${t.workspaceId}, ${id}, 'rejected', '131026', 3)`,
  )
  const [first] = (await t.request('GET', 'WhatsappCampaign/dashboard/main')).body.failures
  const { code, title, count } = (await t.request('GET', `WhatsappCampaign/${id}/failures`)).body.failures[0]
  assert.deepEqual(first, { code, title, count })
  assert.deepEqual([code, count], ['131026', 3])
})

test('timeline, failures and replies answer', async () => {
  const timeline = (await t.request('GET', `WhatsappCampaign/${id}/timeline`)).body
  assert.ok(timeline.events.some(({ kind }: { kind: string }) => kind === 'frozen'))
  assert.equal(timeline.minutes.length, 1)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}/failures`)).status, 200)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}/replies`)).body.totalCount, 0)
})

test('the timeline of a person says in words why a message was left out or failed', async () => {
  await seed([3, 7], 2)
  const all = await pages('', 200)
  const entryOf = async (status: string) => {
    const contactId = all.items.find((item) => item.status === status)?.contactId
    const { kind, detail, campaignName, reason, errorTitle } = (await t.request('GET', `Contact/${contactId}/timeline`)).body.items[0]
    assert.ok(detail.startsWith(`${campaignName}: `))
    return [kind, detail.slice(campaignName.length + 2), reason, errorTitle]
  }
  assert.deepEqual(await entryOf('Skipped'), ['skipped', SKIP_REASONS.inactive, 'inactive', null])
  const { title } = failureAdvice(131026)
  assert.deepEqual(await entryOf('Failed'), ['failed', title, null, title])
})

test('an event stream tells the state at once and ends when the server stops', async () => {
  const reader = campaignEvents(t.deps.pool, t.workspaceId, id, 0, async () => true).getReader()
  let told = ''
  while (!told.includes('data: ')) told += new TextDecoder().decode((await reader.read()).value)
  assert.match(told, /event: campaign\ndata: \{"status":"Running"/)
  endEventStreams()
  while (!(await reader.read()).done) {
    // what was on its way
  }
})

test('an event stream ends when its key is revoked, and when its person is no longer a member', async () => {
  const { body: key } = await t.request('POST', 'ApiKey', { body: { name: 'Watcher', permissions: ['WhatsappCampaign:View'] } })
  const member = await addMember(t, 'Viewer')
  const open = async (headers: Record<string, string>) => {
    const answer = await t.app.request(`/api/v1/WhatsappCampaign/${id}/events`, { headers })
    assert.equal(answer.status, 200)
    return (answer.body as ReadableStream<Uint8Array>).getReader()
  }
  const streams = [
    await open({ authorization: `Bearer ${key.key}` }),
    await open({ cookie: member.cookie, 'x-workspace-id': t.workspaceId }),
    await open({ authorization: `Bearer ${t.key}` }),
  ] as const
  for (const stream of streams) assert.equal((await stream.read()).done, false)
  assert.equal((await t.request('DELETE', `ApiKey/${key.id}`)).status, 204)
  assert.equal((await t.request('DELETE', `User/${member.userId}`)).status, 204)
  const ended = async (stream: ReadableStreamDefaultReader<Uint8Array>) => {
    while (!(await stream.read()).done) {
      // what was on its way
    }
  }
  await Promise.all([ended(streams[0]), ended(streams[1])])
  await run(t.deps.pool, sql`UPDATE campaign_counter SET replied = replied + 77 WHERE campaign_id = ${id}`)
  let told = ''
  for (let got = await streams[2].read(); !/"replied":77/.test(told); got = await streams[2].read()) {
    assert.equal(got.done, false, 'a key that is still good watches on')
    told += new TextDecoder().decode(got.value)
  }
  await streams[2].cancel()
})

test('every error code of Meta’s list has plain words and advice, and any other a default', () => {
  const codes = [
    0, 190, 104, 3, 10, 200, 250, 131005, 33, 368, 131031, 130497, 131042, 131037, 131045, 133010, 133000, 133005, 133006, 133008, 133009,
    133015, 133016, 134011, 131063, 131064, 4, 80007, 80008, 613, 32, 17, 130429, 131048, 131056, 131057, 2494100, 1, 2, 131000, 131016,
    133004, 131026, 131021, 131030, 131047, 131049, 131050, 130472, 130403, 131062, 137000, 131051, 131052, 100, 131008, 131009, 132000,
    132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069, 131053, 135000, 131055, 134100, 134101, 134102, 134103,
  ]
  for (const code of codes) assert.notEqual(failureAdvice(code).title, failureAdvice(999_999).title, String(code))
  for (const code of CATALOG_CODES) assert.ok(failureAdvice(code).advice.length > 10)
  assert.ok(failureAdvice(null).advice)
})

test('a term that most contacts have finds those of the campaign, in small and large ones, exactly up to 10,000', async () => {
  await seed([6, 8], PEOPLE)
  await addContacts(t, 10_500, { from: 2_000_000 }) // who gets no campaign
  await addContacts(t, 7, { from: 2_900_000, tag: 'Large' })
  await addContacts(t, 20_001, { from: 3_000_000, tag: 'Large' })
  const large = await frozenCampaign(t, world, { tag: 'Large', plain: true })
  await t.deps.pool.query('ANALYZE recipient, contact') // as the database does by itself within a minute
  const search = async (campaign: string, query: string) =>
    (await t.request('GET', `WhatsappCampaign/${campaign}/contacts?pageSize=200&${query}`)).body
  const walked: { contactId: string }[] = []
  for (let page = 1; page <= 7; page++) walked.push(...(await search(id, `searchTerm=person&page=${page}`)).items)
  assert.deepEqual(
    walked.map(({ contactId }) => contactId),
    (await pages('', 200)).items.map(({ contactId }) => contactId),
    'every row once, in the order of the list',
  )
  const [all, sent] = [await search(id, 'searchTerm=person'), await search(id, 'searchTerm=person&statusFilter=Sent')]
  assert.deepEqual([all.totalCount, all.totalIsExact], [PEOPLE, true])
  assert.deepEqual([sent.totalCount, sent.totalIsExact], [(await pages('&statusFilter=Sent', 200)).totalCount, true])
  const few = await search(large, 'searchTerm=919702')
  assert.deepEqual([few.totalCount, few.totalIsExact, few.items.length], [7, true, 7])
  assert.equal((await search(large, 'searchTerm=919702&statusFilter=Pending')).totalCount, 7)
  assert.equal((await search(large, 'searchTerm=919702&statusFilter=Sent')).totalCount, 0)
  const most = await search(large, 'searchTerm=person')
  assert.deepEqual([most.totalCount, most.totalIsExact, most.items.length], [10_000, false, 200])
  await run(t.deps.pool, sql`UPDATE campaign SET status = 'Cancelled' WHERE id = ${large}`)
  assert.equal((await search(large, 'searchTerm=919702&statusFilter=Cancelled')).totalCount, 7)
  assert.equal((await search(large, 'searchTerm=919702&statusFilter=Pending')).totalCount, 0)
  // read by one in each of the first slices and by everybody in the last: a page reaches further than an even spread tells
  const readers = sql`(seq - 1) % 500 = 0 OR seq > 10000`
  await run(
    t.deps.pool,
    sql`INSERT INTO message (workspace_id, campaign_id, seq, state, attempt, delivered_at, read_at) SELECT workspace_id, campaign_id, seq, 9, 1, now(), now() FROM recipient WHERE campaign_id = ${large} AND (${readers})`,
  )
  await run(
    t.deps.pool,
    sql`UPDATE campaign_slice s SET cursor_seq = last_seq, read = (SELECT count(*) FROM generate_series(s.first_seq, s.last_seq) AS seq WHERE ${readers}) WHERE campaign_id = ${large}`,
  )
  await run(
    t.deps.pool,
    sql`UPDATE campaign_counter SET read = (SELECT sum(read) FROM campaign_slice WHERE campaign_id = ${large}) WHERE campaign_id = ${large}`,
  )
  const read: string[] = []
  for (let page = 1; page <= 3; page++) {
    const { body } = await t.request('GET', `WhatsappCampaign/${large}/contacts?statusFilter=Read&pageSize=15&page=${page}`)
    assert.equal(body.totalCount, 20 + 10_008)
    read.push(...body.items.map(({ contactId }: { contactId: string }) => contactId))
  }
  const first = await many<{ contact_id: string }>(
    t.deps.pool,
    sql`SELECT contact_id FROM recipient WHERE campaign_id = ${large} AND (${readers}) ORDER BY seq LIMIT 45`,
  )
  assert.deepEqual(
    read,
    first.map(({ contact_id }) => contact_id),
  )
  await run(
    t.deps.pool,
    sql`UPDATE message SET state = 8, read_at = NULL WHERE workspace_id = ${t.workspaceId} AND campaign_id = ${large} AND seq > 19990`,
  )
  const delivered = await search(large, 'searchTerm=person&statusFilter=Delivered')
  assert.deepEqual([delivered.totalCount, delivered.totalIsExact, delivered.items.length], [18, true, 18], 'also behind the first 10,000')
})
