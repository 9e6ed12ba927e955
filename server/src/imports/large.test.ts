import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { one, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { runImportsOnce } from './runner.ts'
import { CHUNK_ROWS, stageRows } from './stage.ts'

let t: TestApp
before(async () => {
  t = await testApp()
})
after(() => t.drop())

const HEADER = 'phone,first name,city\n'
const line = (n: number) => `+91${9_700_000_000 + n},Asha,Pune\n`
const lines = (count: number, from = 0) => Array.from({ length: count }, (_, n) => line(from + n)).join('')

async function upload(text: string, fields: Record<string, string> = {}): Promise<string> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob([HEADER, text]), 'people.csv')
  const { status, body } = await t.request('POST', 'Contact/import', { raw: form })
  assert.equal(status, 202, JSON.stringify(body))
  return body.importId
}
const importOf = async (id: string) => (await t.request('GET', `Contact/import/${id}`)).body

test('however long a file is, two chunks of it are in memory while it is staged, and three while it is stored: no more', async () => {
  const rows = 50 * CHUNK_ROWS
  const piece = 1_000
  let heldMax = 0
  const held = (count: number) => {
    heldMax = Math.max(heldMax, count)
  }
  const file = async function* () {
    yield Buffer.from(HEADER)
    for (let n = 0; n < rows; n += piece) yield Buffer.from(lines(piece, n))
  }
  const client = await t.deps.pool.connect()
  const importId = newId()
  try {
    await client.query('BEGIN')
    const staged = await stageRows(client, { workspaceId: t.workspaceId, importId }, file(), held)
    assert.equal(staged.rows, rows)
    const { chunks, largest } = await one<{ chunks: number; largest: number }>(
      client,
      sql`SELECT count(*) AS chunks, max(rows) AS largest FROM contact_import_chunk
           WHERE workspace_id = ${t.workspaceId} AND import_id = ${importId}`,
    )
    assert.deepEqual([chunks, largest], [rows / CHUNK_ROWS, CHUNK_ROWS])
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
  assert.ok(heldMax > 0 && heldMax <= 2 * CHUNK_ROWS, `${heldMax} rows were held while staging`)

  const id = await upload(lines(5 * CHUNK_ROWS))
  heldMax = 0
  await runImportsOnce(t.deps, () => false, held)
  const done = await importOf(id)
  assert.deepEqual([done.status, done.created], ['Completed', 5 * CHUNK_ROWS])
  assert.ok(heldMax > 2 * CHUNK_ROWS && heldMax <= 3 * CHUNK_ROWS, `${heldMax} rows were held while storing`)
})

test('an import that was interrupted goes on behind what it applied, and stores nobody twice', async () => {
  const id = await upload(lines(2 * CHUNK_ROWS + 7, 500_000))
  await runImportsOnce(t.deps, () => true) // nothing is begun by a process that stops
  let looks = 0
  await runImportsOnce(t.deps, () => looks++ > 0)
  const half = await importOf(id)
  assert.deepEqual([half.status, half.created], ['Running', CHUNK_ROWS])
  await runImportsOnce(t.deps)
  const done = await importOf(id)
  assert.deepEqual([done.status, done.rows, done.created, done.failed], ['Completed', 2 * CHUNK_ROWS + 7, 2 * CHUNK_ROWS + 7, 0])
  const left = await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM contact_import_chunk WHERE import_id = ${id}`)
  assert.equal(left.n, 0)
})

test('a running import can be cancelled: what is applied stays and can be undone', async () => {
  const id = await upload(lines(3 * CHUNK_ROWS, 600_000))
  let looks = 0
  await runImportsOnce(t.deps, () => looks++ > 0)
  assert.equal((await t.request('POST', `Contact/import/${id}/undo`)).status, 409)
  assert.equal((await t.request('POST', `Contact/import/${id}/cancel`)).body.status, 'Cancelled')
  await runImportsOnce(t.deps)
  const found = async () =>
    (await t.request('POST', 'Contact/getall', { body: { contactFilter: { importId: id }, pageSize: 1 } })).body.totalCount
  assert.equal(await found(), CHUNK_ROWS)
  assert.equal((await t.request('POST', `Contact/import/${id}/undo`)).status, 200)
  assert.equal(await found(), 0)
})

test('a contact that somebody else stores at the same moment is updated, and stops nothing', async () => {
  const id = await upload(lines(3, 700_000))
  const other = await t.deps.pool.connect()
  await other.query('BEGIN')
  await other.query('INSERT INTO contact (workspace_id, id, phone_e164, first_name) VALUES ($1, $2, $3, $4)', [
    t.workspaceId,
    newId(),
    line(700_001).split(',')[0],
    'Other',
  ])
  const running = runImportsOnce(t.deps)
  const isWaiting = async () =>
    (
      await t.deps.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'COPY contact %'`,
      )
    ).rowCount !== 0
  while (!(await isWaiting())) await new Promise((resolve) => setImmediate(resolve))
  await other.query('COMMIT')
  other.release()
  await running
  const done = await importOf(id)
  assert.deepEqual([done.status, done.created, done.updated, done.failed], ['Completed', 2, 1, 0])
})

test('somebody who stores a number of one chunk and then one of the chunk beside it comes through, and so does the import', async () => {
  const [first, second] = [1_000_003, 1_000_000 + CHUNK_ROWS + 3]
  const id = await upload(lines(2 * CHUNK_ROWS, 1_000_000))
  const other = await t.deps.pool.connect()
  const store = (n: number) =>
    other.query('INSERT INTO contact (workspace_id, id, phone_e164, first_name) VALUES ($1, $2, $3, $4)', [
      t.workspaceId,
      newId(),
      line(n).split(',')[0],
      'Other',
    ])
  await other.query('BEGIN')
  await store(first)
  const running = runImportsOnce(t.deps)
  const chunksAre = async () =>
    (
      await t.deps.pool.query(
        `SELECT state || coalesce(' ' || CASE state WHEN 'active' THEN wait_event_type END, '') AS state FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE 'COPY contact %' AND state <> 'idle' ORDER BY 1`,
      )
    ).rows
      .map(({ state }) => state)
      .join()
  while ((await chunksAre()) !== 'active Lock,idle in transaction') await new Promise((resolve) => setImmediate(resolve))
  await store(second) // waits for the second chunk, which waits for the first, which waits for us
  await other.query('COMMIT')
  other.release()
  await running
  const done = await importOf(id)
  assert.deepEqual([done.status, done.created, done.updated, done.failed], ['Completed', 2 * CHUNK_ROWS - 2, 2, 0])
})

for (const onExisting of ['update', 'skip'])
  test(`after rows that were all new come a stored number and rows that stand in the file already: ${onExisting} what is stored, tell what repeats`, async () => {
    const from = onExisting === 'skip' ? 800_000 : 900_000
    const stored = [from + CHUNK_ROWS + 7, from + 2 * CHUNK_ROWS + 1]
    for (const n of stored) await t.request('POST', 'Contact', { body: { phone: line(n).split(',')[0], firstName: 'Before' } })
    const again = lines(2, from + 3) // the first chunk has them
    const id = await upload(lines(CHUNK_ROWS, from) + again + lines(2 * CHUNK_ROWS, from + CHUNK_ROWS), { onExisting })
    await runImportsOnce(t.deps)
    const done = await importOf(id)
    const isUpdate = onExisting === 'update'
    assert.deepEqual(
      [done.status, done.rows, done.created, done.updated, done.skipped, done.failed],
      ['Completed', 3 * CHUNK_ROWS + 2, 3 * CHUNK_ROWS - 2, isUpdate ? 2 : 0, isUpdate ? 0 : 2, 2],
    )
    const errors = (await t.request('GET', `Contact/import/${id}/errors`)).body.trim().split('\r\n')
    assert.deepEqual(
      errors.slice(1).map((error: string) => error.split(',').slice(0, 2).join(',')),
      [CHUNK_ROWS + 2, CHUNK_ROWS + 3].map((at) => `${at},duplicate_in_file`),
    )
    const phones = [from, ...stored].map((n) => line(n).split(',')[0])
    const { items } = (await t.request('POST', 'Contact/getall', { body: { contactFilter: { phones }, sortBy: 'phone' } })).body
    assert.deepEqual(
      items.map(({ firstName }: { firstName: string }) => firstName),
      ['Asha', ...stored.map(() => (isUpdate ? 'Asha' : 'Before'))],
    )
  })
