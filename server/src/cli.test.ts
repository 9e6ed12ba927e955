import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { COMMANDS } from './command-line/commands.ts'
import { maybeOne, sql } from './platform/db.ts'
import { type TestDatabase, testDatabase } from './platform/test-database.ts'

let database: TestDatabase
let folder: string
let environment: Record<string, string>
before(async () => {
  database = await testDatabase({ migrated: false })
  folder = mkdtempSync(join(tmpdir(), 'fanfare-cli-'))
  environment = { DATABASE_URL: database.url, ENCRYPTION_KEY: randomBytes(32).toString('base64') }
})
after(async () => {
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** The program as `npm run fanfare` starts it. */
async function fanfare(args: readonly string[], settings = environment): Promise<Answer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cli.ts'), ...args], { env: { PATH: process.env.PATH, ...settings } })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    said.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    said.err += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}
/** With --json; the value on standard output. */
async function json(...args: string[]) {
  const { code, out, err } = await fanfare([...args, '--json'])
  assert.equal(code, 0, `${args.join(' ')}: ${err}`)
  return JSON.parse(out)
}

test('help lists every command, and each has a help of its own that opens no database', async () => {
  const all = await fanfare(['--help'], {})
  assert.equal(all.code, 0)
  for (const { name } of COMMANDS) assert.match(all.out, new RegExp(`^  ${name}( |$)`, 'm'))
  assert.equal((await fanfare([], {})).out, all.out)
  const helps = await Promise.all(COMMANDS.slice(0, 6).map(({ name }) => fanfare([...name.split(' '), '--help'], {})))
  helps.forEach(({ code, out }, i) => {
    assert.equal(code, 0)
    assert.match(out, new RegExp(`^Usage: npm run fanfare -- ${COMMANDS[i]?.name}`))
  })
  const keys = await fanfare(['keys', '--help'], {})
  assert.deepEqual([keys.code, keys.out.match(/^ {2}\S+/gm)], [0, ['  keys', '  keys', '  keys']])
})

for (const [what, args, says] of [
  ['a command that is not known', ['keys', 'steal'], /no command keys steal/],
  ['an option that is not known', ['keys', 'list', '--colour'], /--colour/],
  ['an option of another command', ['keys', 'list', '--file', 'x'], /--file/],
  ['a needed option that is missing', ['keys', 'revoke'], /--id is needed/],
  ['a needed option that is empty', ['backup', '--file', ' '], /--file is needed/],
] as const)
  test(`${what} ends with 2 and says how to go on`, async () => {
    const plain = await fanfare(args, {})
    assert.deepEqual([plain.code, plain.out], [2, ''])
    assert.match(plain.err, says)
    const told = await fanfare([...args, '--json'], {})
    const { error } = JSON.parse(told.err)
    assert.deepEqual([told.code, told.out, error.kind], [2, '', 'usage'])
    assert.match(error.message, says)
  })

test('what cannot be done ends with 1, as JSON where asked', async () => {
  const away = { ...environment, DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/x' }
  const { code, out, err } = await fanfare(['migrate', '--json'], away)
  assert.deepEqual([code, out, JSON.parse(err).error.kind], [1, '', 'failed'])
  assert.doesNotMatch(err, /secret/)
  assert.equal((await fanfare(['migrate'], { PORT: 'x' })).code, 1)
})

test('the commands one after another, each answer read by a program', async () => {
  assert.ok((await json('migrate')).applied.length > 10)
  assert.deepEqual(await json('migrate'), { applied: [] })
  const made = await json('workspaces', 'create', '--name', 'Own', '--print-key')
  assert.deepEqual(
    (await json('workspaces', 'list')).items.map(({ id, name }: { id: string; name: string }) => [id, name]),
    [[made.id, 'Own']],
  )
  const { key } = await json('keys', 'create', '--workspace', made.id, '--permissions', 'Contact:View', '--name', 'Reader')
  assert.ok(key.length > 30 && key !== made.key)
  const { items } = await json('keys', 'list', '--workspace', made.id)
  const reader = items.find(({ name }: { name: string }) => name === 'Reader')
  assert.deepEqual([items.length, reader.permissions, reader.revokedAt], [2, 1, null])
  assert.deepEqual(await json('keys', 'revoke', '--id', reader.id), { revoked: reader.id })
  assert.ok(await maybeOne(database.pool, sql`SELECT 1 FROM api_key WHERE id = ${reader.id} AND revoked_at IS NOT NULL`))

  const { userId, password } = await json('users', 'create', '--email', 'ops@example.org')
  assert.ok(userId.length === 36 && password.length >= 20)
  const people = await json('users', 'list')
  assert.deepEqual(people.items, [{ email: 'ops@example.org', name: 'ops', hasSecondFactor: false, memberships: ['Own: Owner'] }])
  assert.ok((await json('users', 'reset-password', '--email', 'ops@example.org')).password.length >= 20)
  assert.equal((await json('users', 'make-link', '--email', 'new@example.org')).kind, 'invitation')
  assert.deepEqual(await json('rotate-keys'), { wrapped: 0 })

  const file = join(folder, 'all.backup')
  assert.equal((await json('backup', '--file', file)).file, file)
  const empty = await testDatabase({ migrated: false })
  const { code, out, err } = await fanfare(['restore', '--file', file, '--json'], { ...environment, DATABASE_URL: empty.url })
  assert.equal(code, 0, err)
  assert.match(JSON.parse(out).madeAt, /^\d{4}-/)
  assert.ok(await maybeOne(empty.pool, sql`SELECT 1 FROM workspace WHERE id = ${made.id}`))
  await empty.drop()
})

test('people read tables and sentences', async () => {
  const { code, out } = await fanfare(['workspaces', 'list'])
  assert.equal(code, 0)
  assert.match(out, /^id +name +createdAt\n[0-9a-f-]{36} {2}Own {2}/)
})

test('a workspace goes out and comes in as a new one, and a file that is none says so', async () => {
  const { id } = await json('workspaces', 'create', '--name', 'Goes')
  const file = join(folder, 'goes.fanfare')
  assert.equal((await json('export', '--workspace', id, '--file', file)).name, 'Goes')
  const { workspaceId, name } = await json('import', '--file', file, '--name', 'Came')
  assert.equal(name, 'Came')
  assert.notEqual(workspaceId, id)
  const { items } = (await json('workspaces', 'list')) as { items: { id: string; name: string }[] }
  assert.deepEqual(items.map((item) => item.name).filter((each) => each === 'Goes' || each === 'Came'), ['Goes', 'Came']) // biome-ignore format: one claim
  const wrong = await fanfare(['import', '--file', join(import.meta.dirname, 'cli.ts')])
  assert.deepEqual([wrong.code, /not a Fanfare export/.test(wrong.err)], [1, true])
  assert.equal((await fanfare(['simulate', '--campaign', id])).code, 2)
})
