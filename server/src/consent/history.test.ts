import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { many, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'

let t: TestApp
const ids: Record<string, string> = {}
before(async () => {
  t = await testApp()
  for (const [name, phone] of [
    ['Asha', '+919700000201'],
    ['Bina', '+919700000202'],
    ['=Chandra', '+5215512345678'],
  ] as const)
    ids[name] = (await t.request('POST', 'Contact', { body: { phone, firstName: name } })).body.id
  await t.request('PUT', `Contact/${ids.Asha}`, { body: { phone: '+919700000201', firstName: 'Asha', marketingOptIn: true } })
  await t.request('POST', `Contact/${ids.Asha}/opt-out`, { body: { source: 'phone call', note: 'asked twice' } })
  await t.request('POST', `Contact/${ids.Bina}/opt-out`, { body: { source: 'shop' } })
  await t.request('POST', `Contact/${ids.Asha}/opt-in`, { body: { source: 'form' } })
  await t.request('POST', `Contact/${ids['=Chandra']}/opt-out`, { body: { note: '=1+1, "stop"' } })
})
after(() => t.drop())

interface Item {
  contact: { id: string; name: string | null; phone: string | null }
  action: string
  source: string
  note: string
  recordedBy: string | null
  saidAt: string
}
const list = async (body: Record<string, unknown> = {}) => (await t.request('POST', 'Contact/consent/getall', { body })).body
const told = ({ items }: { items: Item[] }) => items.map(({ contact, action }) => `${contact.name} ${action}`)

test('the history tells who said what, when, how, with which evidence, newest first', async () => {
  const page = await list()
  assert.deepEqual(told(page), ['=Chandra opted_out', 'Asha opted_in', 'Bina opted_out', 'Asha opted_out', 'Asha marketing_yes'])
  assert.deepEqual([page.totalCount, page.totalIsExact, page.totalPages], [5, true, 1])
  const { saidAt, recordedAt, ...said } = page.items[3]
  assert.deepEqual(said, {
    contact: { id: ids.Asha, name: 'Asha', phone: '+919700000201' },
    action: 'opted_out',
    topic: null,
    source: 'api',
    note: 'phone call: asked twice',
    recordedBy: 'test',
  })
  assert.match(`${saidAt} ${recordedAt}`, /Z .*Z$/)
})

test('every filter narrows it, alone and together', async () => {
  const all = await list()
  assert.deepEqual(told(await list({ contactId: ids.Asha })), ['Asha opted_in', 'Asha opted_out', 'Asha marketing_yes'])
  assert.deepEqual(told(await list({ contactId: ids.Asha, action: 'opted_out' })), ['Asha opted_out'])
  assert.deepEqual(told(await list({ phone: '+52 1 55 1234 5678' })), ['=Chandra opted_out'])
  assert.deepEqual(told(await list({ phone: '+52 55 1234 5678' })), ['=Chandra opted_out'], 'in the other national writing')
  assert.equal((await list({ phone: '+919700000299' })).totalCount, 0)
  assert.equal((await list({ source: 'api' })).totalCount, 5)
  assert.equal((await list({ source: 'word' })).totalCount, 0)
  assert.deepEqual(told(await list({ action: 'marketing_yes' })), ['Asha marketing_yes'])
  const at = all.items[2].saidAt
  assert.deepEqual(told(await list({ from: at })), told(all).slice(0, 3))
  assert.deepEqual(told(await list({ to: at })), told(all).slice(3))
})

test('pages are stable, cover everything once, and the filtered ones have an end', async () => {
  const seen = [1, 2, 3].map((pageNumber) => list({ pageNumber, pageSize: 2 }))
  assert.deepEqual((await Promise.all(seen)).flatMap(told), told(await list()))
  const deep = await t.request('POST', 'Contact/consent/getall', { body: { action: 'opted_out', pageNumber: 501, pageSize: 200 } })
  assert.deepEqual([deep.status, deep.body.code], [422, 'page-too-deep'])
  assert.deepEqual((await list({ pageNumber: 501, pageSize: 200 })).items, [])
})

test('bad filters are named; without key or permission nothing is told, and another workspace has a history of its own', async () => {
  const bad = await t.request('POST', 'Contact/consent/getall', {
    body: { contactId: 'x', source: 'fax', action: 'maybe', from: '2026-01-01', more: 1 },
  })
  assert.deepEqual(bad.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [
    '/action',
    '/contactId',
    '/from',
    '/more',
    '/source',
  ])
  assert.equal((await t.request('POST', 'Contact/consent/getall', { body: { phone: 'nobody' } })).body.errors[0].pointer, '/phone')
  assert.equal((await t.request('GET', 'Contact/consent/export?phone=nobody')).body.errors[0].pointer, '?phone')
  const viewer = await t.keyWith('Contact:View')
  assert.equal((await t.request('POST', 'Contact/consent/getall', { body: {}, key: null })).status, 401)
  assert.equal((await t.request('POST', 'Contact/consent/getall', { body: {}, key: await t.keyWith('Segment:View') })).status, 403)
  assert.equal((await t.request('POST', 'Contact/consent/getall', { body: {}, key: viewer })).status, 200)
  assert.equal((await t.request('GET', 'Contact/consent/export', { key: viewer })).status, 403)
  assert.equal((await t.request('POST', 'Contact/consent/getall', { body: {}, key: t.foreign.key })).body.totalCount, 0)
  const none = await t.request('POST', 'Contact/consent/getall', { body: { contactId: ids.Asha }, key: t.foreign.key })
  assert.deepEqual([none.status, none.body.items], [200, []])
})

const csv = async (query = ''): Promise<string[]> => {
  const answer = await t.app.request(`/api/v1/Contact/consent/export${query}`, { headers: { 'x-api-key': t.key } })
  assert.equal(answer.status, 200)
  return (await answer.text()).replace('\uFEFF', '').trimEnd().split('\r\n')
}

test('the export has the same events, guarded against spreadsheet formulas, and is audited', async () => {
  const lines = await csv()
  assert.equal(lines[0], 'saidAt,action,phone,name,contactId,source,note,recordedBy,recordedAt,topic')
  assert.deepEqual(
    lines.slice(1).map((line) => line.split(',')[1]),
    (await list()).items.map(({ action }: Item) => action),
  )
  assert.match(lines[1] ?? '', /,525512345678|,5215512345678/)
  assert.ok(lines[1]?.includes(`'=Chandra`) && lines[1].includes(`"'=1+1, ""stop"""`), String(lines[1]))
  assert.equal((await csv('?action=opted_out')).length, 4)
  const entries = await many(
    t.deps.pool,
    sql`SELECT 1 FROM audit_entry WHERE action = 'contact.consentExport' AND workspace_id = ${t.workspaceId}`,
  )
  assert.equal(entries.length, 2)
})

test('the export goes over its batches without losing or repeating an event, also where many were said within one millisecond', async () => {
  await run(
    t.deps.pool,
    sql`INSERT INTO consent_event (workspace_id, contact_id, said_at, source, kind)
        SELECT ${t.workspaceId}, ${ids.Bina}, timestamptz '2026-01-01Z' + n * interval '1 microsecond', 'import', kind
          FROM generate_series(1, 2500) AS n, unnest(ARRAY['marketing_yes', 'marketing_no']) AS kind`,
  )
  const lines = await csv('?to=2026-06-01T00:00:00Z')
  assert.equal(lines.length, 5_001)
  assert.equal(lines.filter((line) => line.includes(',marketing_yes,')).length, 2_500)
})
