import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { readConfig, trackedPrefixes } from './config.ts'
import { csvLine, guardCell, unguardCell } from './csv.ts'
import { join as joinSql, sql, textOf } from './db.ts'
import { restoreLinks } from './embedded-binaries.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { idTimeMs, isUuid, newId } from './ids.ts'
import { createLogger, maskPhone } from './log.ts'
import { migrate } from './migrate.ts'
import { readMultipart } from './multipart.ts'
import { testDatabase } from './test-database.ts'

test('values of a query never reach its text, however pieces are composed', () => {
  const conditions = [sql`a = ${'x'}`, sql`b = ANY(${[1, 2]}::int[])`]
  const query = sql`SELECT * FROM t WHERE ${joinSql(conditions, sql` AND `)} LIMIT ${5}`
  assert.equal(textOf(query), 'SELECT * FROM t WHERE a = $1 AND b = ANY($2::int[]) LIMIT $3')
  assert.deepEqual(query.values, ['x', [1, 2], 5])
})

test('ids are UUIDs that sort by the time they were made', () => {
  const ids = [1_000, 2_000, 1_780_000_000_000].map((ms) => newId(ms))
  assert.deepEqual(ids.toSorted(), ids)
  assert.ok(ids.every(isUuid))
  assert.equal(idTimeMs(ids[2] ?? ''), 1_780_000_000_000)
})

test('every faulty setting is reported at once, and no value is shown', () => {
  assert.throws(
    () => readConfig({ PORT: 'x', ROLE: 'boss', SEND_TIMEOUT_MS: '5', ENCRYPTION_KEY: 'secret-but-short', BOOTSTRAP_API_KEY: 'short' }),
    (error: Error) => {
      for (const name of ['PORT', 'ROLE', 'SEND_TIMEOUT_MS', 'ENCRYPTION_KEY', 'BOOTSTRAP_API_KEY'])
        assert.match(error.message, new RegExp(name))
      assert.doesNotMatch(error.message, /secret-but-short/)
      return true
    },
  )
  assert.throws(() => readConfig({ DATABASE_URL: 'postgres://a@127.0.0.1/b' }), /ENCRYPTION_KEY/)
  assert.equal(readConfig({}).PUBLIC_URL, 'http://127.0.0.1:3000')
  assert.deepEqual(trackedPrefixes(readConfig({ PUBLIC_URL: 'https://a.example/', FORMER_PUBLIC_URLS: 'https://b.example' })), [
    'https://a.example/r/',
    'https://b.example/r/',
  ])
})

test('logs mask phone numbers and drop credentials', () => {
  assert.equal(maskPhone('to +919876500011 now'), 'to +9198•••11 now')
  const lines: string[] = []
  const log = createLogger('info', { write: (line: string) => void lines.push(line) })
  log.info({ accessToken: 'sesame', headers: { authorization: 'Bearer sesame' }, err: new Error('to +919876500011') }, 'x')
  assert.doesNotMatch(lines.join(), /sesame|9876500011/)
})

test('a guarded cell comes back as it was, and a line can be split again', () => {
  const starts = fc.stringMatching(/^'{0,3}[=+\-@\t\r]?/)
  fc.assert(
    fc.property(starts, fc.string(), (start, rest) => {
      const cell = guardCell(start + rest)
      assert.equal(unguardCell(cell), start + rest)
      assert.doesNotMatch(cell, /^[=+\-@\t\r]/, 'no spreadsheet takes it for a formula')
    }),
  )
  assert.equal(csvLine(['a,b', 'say "hi"', 'x']), '"a,b","say ""hi""",x\r\n')
})

const streamOf = (chunks: readonly Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })

test('a form is read the same however its bytes are cut, and its file never has to fit in memory', async () => {
  const body = Buffer.from(
    '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\nline\r\n-Bx\r\nend\r\n--B--\r\n',
  )
  for (let size = 1; size <= body.length; size += 3) {
    const chunks: Buffer[] = []
    for (let at = 0; at < body.length; at += size) chunks.push(body.subarray(at, at + size))
    let file = ''
    const fields = await readMultipart(
      { contentType: 'multipart/form-data; boundary=B', body: streamOf(chunks), announced: 0 },
      {
        fileField: 'file',
        maxBytes: 1_000,
        onFile: async ({ bytes }) => {
          for await (const chunk of bytes) file += chunk.toString()
        },
      },
    )
    assert.deepEqual([fields.get('a'), file], [['1'], 'line\r\n-Bx\r\nend'])
  }
})

test('names of a form may be quoted or bare', async () => {
  const body = Buffer.from(
    '--B\r\nContent-Disposition: form-data; name=tags\r\n\r\nVIP\r\n--B\r\ncontent-disposition: form-data; filename=x.csv; name=file\r\n\r\nline\r\n--B--\r\n',
  )
  let file = ''
  const fields = await readMultipart(
    { contentType: 'multipart/form-data; boundary=B', body: streamOf([body]), announced: 0 },
    {
      fileField: 'file',
      maxBytes: 1_000,
      onFile: async ({ bytes, fileName }) => {
        file = `${fileName}:`
        for await (const chunk of bytes) file += chunk.toString()
      },
    },
  )
  assert.deepEqual([fields.get('tags'), file], [['VIP'], 'x.csv:line'])
})

test('migrations run once however many processes start together, and refuse what they must', async () => {
  const database = await testDatabase({ migrated: false })
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-migrations-'))
  try {
    const results = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)))
    assert.equal(results.filter((applied) => applied.length > 0).length, 1)
    writeFileSync(join(dir, '0001_platform.sql'), 'SELECT 1')
    await assert.rejects(migrate(database.url, { dir }), /older than the database/)
    for (let version = 2; version < 100; version++) writeFileSync(join(dir, `${String(version).padStart(4, '0')}_x.sql`), 'SELECT 1')
    await assert.rejects(migrate(database.url, { dir }), /changed after it was applied/)
  } finally {
    rmSync(dir, { recursive: true })
    await database.drop()
  }
})

test('links that npm may not make are made again, and repeating is harmless', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-links-'))
  mkdirSync(join(dir, 'native', 'lib'), { recursive: true })
  writeFileSync(join(dir, 'native', 'lib', 'lib.so.1.2'), '')
  writeFileSync(join(dir, 'native', 'pg-symlinks.json'), JSON.stringify([{ source: 'native/lib/lib.so.1.2', target: 'native/lib/lib.so' }]))
  restoreLinks(join(dir, 'native'))
  restoreLinks(join(dir, 'native'))
  assert.throws(() => symlinkSync('x', join(dir, 'native', 'lib', 'lib.so')), /EEXIST/)
  rmSync(dir, { recursive: true })
})

test('a second start adopts the running database, and whoever leaves last stops it', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fanfare-embedded-'))
  chmodSync(dataDir, 0o755)
  const first = await startEmbeddedPostgres({ dataDir, durability: 'throwaway' })
  const second = await startEmbeddedPostgres({ dataDir, durability: 'throwaway' })
  assert.deepEqual([first.adopted, second.adopted, second.url], [false, true, first.url])
  await second.stop()
  const third = await startEmbeddedPostgres({ dataDir, durability: 'throwaway' })
  assert.equal(third.adopted, false)
  await third.stop()
  rmSync(dataDir, { recursive: true, force: true })
})
