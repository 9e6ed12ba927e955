import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { many, sql } from './platform/db.ts'
import { type TestApp, testApp } from './platform/test-app.ts'

/** Statements that mean every workspace, or name it where this test cannot see it, with the reason. Whoever adds one says why here. */
const EXCUSED: readonly (readonly [file: string, text: RegExp, reason: string])[] = [
  ['analytics/trail.ts', /^SELECT at, kind, detail/, 'its piece is the key of a recipient, workspace first'],
  ['campaigns/launch.ts', /^SELECT 1 FROM contact c WHERE/, 'a compiled filter begins with the workspace'],
  ['contacts/queries.ts', /FROM contact_here c WHERE/, 'its piece is made by matchSql, which begins with the workspace'],
  ['people/invitation-routes.ts', /^SELECT m.id, m.email/, 'the beginning of statements that name it at their end'],
  ['access/bootstrap.ts', /^SELECT 1 FROM api_key/, 'a first start asks whether there is any key'],
  ['accounts/media.ts', /^SELECT 1 FROM campaign c WHERE \? LIMIT 1$/, 'whether any campaign at all needs media'],
  ['accounts/queries.ts', /^SELECT 1 FROM whatsapp_account WHERE waba_id/, 'an account at Meta belongs to one workspace only'],
  ['dispatch/lease.ts', /^WITH alive/, 'leases of workers that died'],
  ['dispatch/worker.ts', /^SELECT number_id/, 'the leases of this process'],
  ['identity/auth.ts', /^SELECT 1 FROM invitation WHERE email/, 'somebody who signs in has no workspace yet'],
  ['outgoing/deliver.ts', /^DELETE FROM outgoing_delivery WHERE created_at/, 'retention'],
  ['confirmations/actions.ts', /^DELETE FROM spent_confirmation WHERE spent_at/, 'retention'],
  ['platform/idempotency.ts', /^DELETE FROM idempotency_record WHERE created_at/, 'retention'],
  ['webhooks/processor.ts', /webhook_inbox/, 'the inbox is taken in its order, whoever it is for; its rows then name their workspace'],
  ['webhooks/receipts.ts', /^DELETE FROM receipt_minute/, 'retention'],
  ['webhooks/receipts.ts', /^SELECT (count\(\*\) AS n|extract\(epoch .*) FROM webhook_inbox/, 'a metric of the installation'],
  ['dispatch/install-metrics.ts', /^SELECT s.status, count/, 'a metric of the installation'],
]

const ROOT = import.meta.dirname
const sources = readdirSync(ROOT, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|(^|\/)test-|(^|\/)measure\.ts$/.test(file))
  .map((file) => ({ file, source: readFileSync(join(ROOT, file), 'utf8') }))

interface Statement {
  readonly line: number
  /** Its own text, a `?` for each value or piece. */
  readonly text: string
  /** The code of its values and pieces. */
  readonly pieces: string
}

/** Every template after `sql` in a file, those inside others included. */
function statementsOf(source: string): Statement[] {
  const found: Statement[] = []
  /** Reads a template from behind its opening backtick; returns where it closes. */
  const template = (from: number, isSql: boolean): number => {
    let text = ''
    let pieces = ''
    let i = from
    for (; source[i] !== '`'; i++) {
      if (source[i] === '\\') i++
      else if (source.startsWith('${', i)) {
        const end = piece(i + 2)
        pieces += ` ${source.slice(i + 2, end)}`
        text += '?'
        i = end
      } else text += source[i]
    }
    if (isSql) found.push({ line: source.slice(0, from).split('\n').length, text: text.replaceAll(/\s+/g, ' ').trim(), pieces })
    return i
  }
  /** Reads code up to the brace that closes it. */
  const piece = (from: number): number => {
    let depth = 1
    let i = from
    for (; ; i++) {
      if (source[i] === '{') depth++
      else if (source[i] === '}' && --depth === 0) return i
      else if (source[i] === '`') i = template(i + 1, source.slice(i - 3, i) === 'sql')
    }
  }
  for (let at = source.indexOf('sql`'); at !== -1; at = source.indexOf('sql`', at)) at = template(at + 4, true)
  return found
}

/** Names of a file's pieces that name the workspace where they are made: `const where = sql`workspace_id = …``. */
const namingPieces = (source: string): Set<string> =>
  new Set(
    [...source.matchAll(/(?:const|let|function) (\w+)\b/g)]
      .filter(({ index }) => /workspace/i.test(source.slice(index, index + 400).split(/\n\n/)[0] ?? ''))
      .map(([, name]) => name ?? ''),
  )

/** Tables whose key does not begin with the workspace, with the reason. */
const OTHER_KEY: Readonly<Record<string, string>> = {
  webhook_inbox: 'taken in the order of arrival and gone within seconds',
  webhook_set_aside: 'keeps the numbers of the inbox; a person looks at its few rows',
}

let t: TestApp
let tables: Set<string>
before(async () => {
  t = await testApp()
  const rows = await many<{ name: string }>(
    t.deps.pool,
    sql`SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'workspace_id'`,
  )
  tables = new Set(rows.map(({ name }) => name))
})
after(() => t.drop())

test('every statement about a workspace’s tables names the workspace, or says here why it means all of them', () => {
  let asked = 0
  const nameless: string[] = []
  const used = new Set<unknown>()
  for (const { file, source } of sources) {
    const naming = namingPieces(source)
    for (const { line, text, pieces } of statementsOf(source)) {
      const named = [...text.matchAll(/\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY\s+)?(\w+)/g)].some(([, table]) => tables.has(table ?? ''))
      if (!named) continue
      asked++
      if (/workspace/i.test(text) || /workspace/i.test(pieces)) continue
      if ([...pieces.matchAll(/\b\w+\b/g)].some(([name]) => naming.has(name))) continue
      const excuse = EXCUSED.find(([where, what]) => where === file && what.test(text))
      if (excuse === undefined) nameless.push(`${file}:${line} ${text.slice(0, 120)}`)
      else used.add(excuse)
    }
  }
  assert.deepEqual(nameless, [])
  assert.deepEqual(
    EXCUSED.filter((excuse) => !used.has(excuse)),
    [],
    'no longer needed',
  )
  assert.ok(asked > 400, `only ${asked} statements were read`)
})

test('every table of a workspace begins its key with the workspace, so that a database can be spread by it', async () => {
  const rows = await many<{ name: string; first: string }>(
    t.deps.pool,
    sql`SELECT c.relname AS name, a.attname AS first
          FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
         WHERE i.indisprimary AND c.relname = ANY(${[...tables]}::text[])`,
  )
  const others = rows.filter(({ first }) => first !== 'workspace_id').map(({ name }) => name)
  assert.deepEqual(others.sort(), Object.keys(OTHER_KEY).sort())
  assert.ok(rows.length > 45, `only ${rows.length} tables were read`)
})
