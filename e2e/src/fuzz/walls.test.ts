import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { addContacts, frozenCampaign, testWorld } from '../../../server/src/campaigns/test-campaign.ts'
import { type TestApp, testApp } from '../../../server/src/platform/test-app.ts'
import { type Document, routesOf } from './document.ts'
import { fitting, type World } from './generate.ts'
import { makeRandom } from './random.ts'

/** Statements that cannot name a workspace, because they are how it is found, or because what they ask is about the installation. */
const EXEMPT: readonly (readonly [why: string, statement: RegExp])[] = [
  ['a key says which workspace it is for', /FROM api_key\s+WHERE key_hash = \$1/],
  ['an invitation’s token says which workspace it is for', /FROM invitation m JOIN workspace w .* WHERE m\.token_hash = \$1/],
  ['a WABA belongs to one workspace of the installation', /FROM whatsapp_account WHERE waba_id = \$1 AND removed_at IS NULL/],
]

interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}
interface Queryable {
  query(...given: unknown[]): unknown
}
const { Client } = createRequire(new URL('../../../server/package.json', import.meta.url))('pg') as { Client: { prototype: Queryable } }

let t: TestApp
let executed: Statement[] = []
const original = Client.prototype.query
before(async () => {
  t = await testApp()
  const world = await testWorld(t)
  await addContacts(t, 5, { tag: 'walls' })
  await frozenCampaign(t, world, { tag: 'walls' })
  Client.prototype.query = function (this: Queryable, ...given: unknown[]) {
    const [first, second] = given as [string | Statement, unknown[] | undefined]
    if (typeof first === 'string') executed.push({ text: first, values: Array.isArray(second) ? second : [] })
    else if (typeof first?.text === 'string') executed.push({ text: first.text, values: first.values ?? [] })
    return original.apply(this, given)
  }
})
after(async () => {
  Client.prototype.query = original
  await t.drop()
})

const squeezed = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

test('every statement that a request causes on a table of workspaces names the workspace, and the caller’s at that', async () => {
  const tables = await t.deps.pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'workspace_id'`,
  )
  const ofWorkspaces = new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE|USING)\\s+(?:${tables.rows.map(({ name }) => name).join('|')})\\b`)
  const document = (await t.request('GET', 'openapi.json')).body as Document
  const ids = ['01890a5d-ac96-774b-bcce-b302099a8057']
  for (const table of ['contact', 'campaign', 'template', 'whatsapp_account', 'phone_number', 'api_key'])
    ids.push(
      ...(await t.deps.pool.query<{ id: string }>(`SELECT id FROM ${table} WHERE workspace_id = $1 LIMIT 2`, [t.workspaceId])).rows.map(
        ({ id }) => id,
      ),
    )
  const world: World = { document, random: makeRandom(1), ids: () => ids }
  const routes = routesOf(document).filter(
    ({ path, method }) => path.startsWith('/api/v1') && !/\/events$/.test(path) && !(method === 'DELETE' && /Workspace/.test(path)),
  )
  const wrong = new Set<string>()
  const seen = new Set<string>()
  for (const { method, path, operation } of routes.toSorted((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))) {
    const schema = operation.requestBody?.content?.['application/json']?.schema
    for (let round = 0; round < (path.includes('{') ? ids.length + 2 : 4); round++) {
      executed = []
      const filled = path.replaceAll(/\{\w+\}/g, () => ids[round % ids.length] ?? '')
      await t.request(method, filled, schema === undefined ? {} : { body: fitting(world, schema) })
      for (const { text, values } of executed) {
        const statement = squeezed(text)
        if (!ofWorkspaces.test(statement)) continue
        seen.add(statement)
        if (EXEMPT.some(([, exempt]) => exempt.test(statement))) continue
        const named = values
          .flat()
          .filter((value) => value === t.workspaceId || (typeof value === 'string' && value.includes(t.workspaceId)))
        if (!/workspace_id|workspaceId/.test(statement) || named.length === 0) wrong.add(`${method} ${path}: ${statement.slice(0, 300)}`)
      }
    }
  }
  assert.ok(seen.size > 90, `only ${seen.size} different statements were seen`)
  assert.deepEqual([...wrong], [])
  console.log(`${seen.size} different statements by ${routes.length} routes name their workspace`)
})
