import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { many, one, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { processInbox } from '../webhooks/processor.ts'
import { BUILT_IN, BUILT_IN_WORDS, fold, isStartWord, isStopWord } from '../webhooks/stop-words.ts'
import { postMessages } from '../webhooks/test-post.ts'
import { rememberedWords, WORDS_CACHE_MS, wordProblems } from './words.ts'

let t: TestApp
let world: TestWorld
before(async () => {
  t = await testApp()
  world = await testWorld(t)
})
after(() => t.drop())

const path = () => `Workspace/${t.workspaceId}/words`
const put = (body: unknown, options: object = {}) => t.request('PUT', path(), { body, ...options })
const SPANISH = { stop: [{ language: 'es', words: ['Basta ya'] }], start: [{ language: 'es', words: ['Alta'] }] }

let told = 0
/** A message of a person, signed as Meta signs. */
async function write(from: string, text: string, type: 'text' | 'interactive' = 'text'): Promise<void> {
  const content =
    type === 'text' ? { text: { body: text } } : { interactive: { type: 'button_reply', button_reply: { id: 'x', title: text } } }
  const message = { from, id: `wamid.W${++told}`, timestamp: String(Math.floor(Date.now() / 1_000) + told), type, ...content }
  const answer = await postMessages(t, world.accountId, [{ messages: [message] }])
  assert.equal(answer.status, 200)
}
const facts = async () =>
  (await many<{ key: string }>(t.deps.pool, sql`SELECT key FROM opt_out_fact WHERE workspace_id = ${t.workspaceId}`)).map(({ key }) => key)
const process = async () => {
  while ((await processInbox(t.deps)) > 0);
}
const isOut = async (id: string): Promise<boolean> => (await t.request('GET', `Contact/${id}`)).body.optedOutAt !== null
const contact = async (phone: string): Promise<string> => (await t.request('POST', 'Contact', { body: { phone: `+${phone}` } })).body.id

test('every built-in word is listed under a language and stops or starts by itself', () => {
  for (const { words } of BUILT_IN.stop) for (const word of words) assert.ok(isStopWord(word) && !isStartWord(word), word)
  for (const { words } of BUILT_IN.start) for (const word of words) assert.ok(isStartWord(word) && !isStopWord(word), word)
})

test('whatever words are accepted: none means both, none is empty, and the built-in ones keep their meaning', () => {
  const list = fc.array(
    fc.record({
      language: fc.constantFrom('en', 'es', 'fr'),
      words: fc.array(fc.constantFrom('Stop', ' start!', 'basta', 'BASTA', 'alta', '…', 'fin'), { minLength: 1, maxLength: 4 }),
    }),
    { maxLength: 3 },
  )
  let accepted = 0
  fc.assert(
    fc.property(list, list, (stop, start) => {
      if (wordProblems({ stop, start }).length > 0) return
      accepted++
      const own = {
        stop: new Set(stop.flatMap(({ words }) => words.map(fold))),
        start: new Set(start.flatMap(({ words }) => words.map(fold))),
      }
      for (const word of ['stop', 'start', 'basta', 'alta', 'fin']) assert.ok(!(isStopWord(word, own) && isStartWord(word, own)), word)
      for (const word of BUILT_IN_WORDS.stop) assert.ok(isStopWord(word, own) && !isStartWord(word, own))
      for (const word of BUILT_IN_WORDS.start) assert.ok(isStartWord(word, own) && !isStopWord(word, own))
      assert.ok(!own.stop.has('') && !own.start.has(''))
    }),
    { numRuns: 500 },
  )
  assert.ok(accepted > 20, `only ${accepted} were accepted`)
})

test('however many messages come, words are read once in five seconds, and again at once after a failure', async () => {
  let now = 0
  let reads = 0
  let isAway = false
  const words = { stop: new Set(['basta']), start: new Set<string>() }
  const read = async () => {
    reads++
    if (isAway) throw new Error('away')
    return words
  }
  const wordsOf = rememberedWords(read, () => now)
  for (let i = 0; i < 1_000; i++) await wordsOf('a')
  assert.equal(reads, 1)
  await wordsOf('b')
  assert.equal(reads, 2)
  now = WORDS_CACHE_MS - 1
  await wordsOf('a')
  assert.equal(reads, 2)
  now = WORDS_CACHE_MS
  isAway = true
  await assert.rejects(wordsOf('a'), /away/)
  isAway = false
  await wordsOf('a')
  assert.equal(reads, 4)
})

test('words are read, replaced and audited; the built-in ones are shown beside them and stay', async () => {
  const first = await t.request('GET', path())
  assert.deepEqual([first.status, first.body.stop, first.body.start], [200, [], []])
  assert.ok(first.body.builtIn.stop.some(({ words }: { words: string[] }) => words.includes('abmelden')))
  const saved = await put(SPANISH, { headers: { 'if-match': first.headers.get('etag') ?? '' } })
  assert.deepEqual([saved.status, saved.body.stop, saved.body.start], [200, SPANISH.stop, SPANISH.start])
  const again = await t.request('GET', path())
  assert.deepEqual([again.body, again.headers.get('etag')], [saved.body, saved.headers.get('etag')])
  assert.equal((await put(SPANISH, { headers: { 'if-match': first.headers.get('etag') ?? '' } })).status, 412)
  const { detail } = await one<{ detail: { before: unknown; after: unknown } }>(
    t.deps.pool,
    sql`SELECT detail FROM audit_entry WHERE workspace_id = ${t.workspaceId} AND action = 'workspace.words' ORDER BY id DESC LIMIT 1`,
  )
  assert.deepEqual(detail, { before: { stop: [], start: [] }, after: SPANISH })
  const { body: workspace } = await t.request('GET', `Workspace/${t.workspaceId}`)
  const { id, createdAt, updatedAt, ...settings } = workspace
  assert.equal((await t.request('PUT', `Workspace/${t.workspaceId}`, { body: settings })).status, 200)
  assert.deepEqual((await t.request('GET', path())).body, saved.body, 'the other settings leave words alone')
})

test('every bad word is named', async () => {
  const answer = await put({
    stop: [
      { language: 'es', words: ['START', '!!!', 'alta', 'x'.repeat(65)] },
      { language: 'ES', words: ['fin'] },
    ],
    start: [{ language: 'es', words: ['Alta!', 'Unsubscribe'] }],
    more: 1,
  })
  assert.equal(answer.status, 422)
  const pointers = (body: { errors: { pointer: string }[] }) => body.errors.map(({ pointer }) => pointer).sort()
  assert.deepEqual(pointers(answer.body), ['/more', '/stop/0/words/3'])
  const told = await put({
    stop: [
      { language: 'es', words: ['START', '!!!', 'alta'] },
      { language: 'ES', words: ['fin'] },
    ],
    start: [{ language: 'es', words: ['Alta!', 'Unsubscribe'] }],
  })
  assert.deepEqual(pointers(told.body), [
    '/start/0/words/0',
    '/start/0/words/1',
    '/stop/0/words/0',
    '/stop/0/words/1',
    '/stop/0/words/2',
    '/stop/1/language',
  ])
  const many = (n: number) => Array.from({ length: n }, (_, i) => `w${i}`)
  assert.equal(
    (await put({ stop: [{ language: 'x', words: many(150) }], start: [{ language: 'x', words: many(200).slice(150) }] })).status,
    200,
  )
  assert.equal(
    (await put({ stop: [{ language: 'x', words: many(150) }], start: [{ language: 'x', words: many(201).slice(150) }] })).status,
    422,
  )
  await put(SPANISH)
})

test('without key, permission or in another workspace words are neither seen nor changed', async () => {
  assert.equal((await t.request('GET', path(), { key: null })).status, 401)
  assert.equal((await t.request('GET', path(), { key: await t.keyWith('Contact:View') })).status, 403)
  assert.equal((await put(SPANISH, { key: await t.keyWith('Workspace:View') })).status, 403)
  for (const method of ['GET', 'PUT'])
    assert.equal((await t.request(method, path(), { key: t.foreign.key, ...(method === 'PUT' ? { body: SPANISH } : {}) })).status, 404)
})

test('an own word stops with our 200 and starts again; inside a sentence it says nothing', async () => {
  const id = await contact('919700000101')
  await write('919700000101', ' ¡BASTA   YA! ')
  assert.deepEqual(await facts(), ['919700000101'], 'the guard of every intent reads it from now on')
  await process()
  assert.equal(await isOut(id), true)
  await write('919700000101', 'alta.')
  await process()
  assert.equal(await isOut(id), false)
  await write('919700000101', 'basta ya con esto')
  await process()
  assert.deepEqual([await isOut(id), await facts()], [false, []])
})

test('what a word stopped before our 200 stays stopped, even when the word is taken away before it is applied', async () => {
  const id = await contact('919700000102')
  await write('919700000102', 'basta ya')
  await put({ stop: [], start: [] })
  await process()
  assert.equal(await isOut(id), true)
  await put(SPANISH)
})

test('a word saved a moment ago, which intake does not know yet, stops as soon as the message is applied', async () => {
  const id = await contact('919700000103')
  await write('919700000103', 'hola') // intake remembers the words from here on
  await put({ ...SPANISH, stop: [{ language: 'es', words: ['Basta ya', 'fin'] }] })
  await write('919700000103', 'Fin')
  await process()
  assert.equal(await isOut(id), true)
})

test('a reply button with such a text stops too, also one that is none of ours', async () => {
  const id = await contact('919700000104')
  await write('919700000104', 'Basta ya', 'interactive')
  assert.deepEqual(await facts(), ['919700000104'])
  await process()
  assert.deepEqual([await isOut(id), await facts()], [true, []])
})
