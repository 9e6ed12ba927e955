import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { setHold } from '../dispatch/holds.ts'
import { ordersOf } from '../dispatch/orders.ts'
import { many, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { parametersOf } from '../templates/parameters.ts'
import { freezeCampaign } from './freeze.ts'
import { familyOf, versionFor } from './languages.ts'
import { compiledMessageOf } from './message.ts'
import type { LaunchTemplate } from './queries.ts'
import { type TestWorld, testWorld } from './test-campaign.ts'

let t: TestApp
let world: TestWorld
const ids = { en_US: newId(), pt_BR: newId(), es: newId(), fr: newId(), it: newId() }
type Language = keyof typeof ids

/** Portuguese needs one value more; French is paused; Italian has another category. */
const BODIES: Record<Language, readonly [string, string, string]> = {
  en_US: ['Hi {{1}}, spring is here.', 'APPROVED', 'MARKETING'],
  pt_BR: ['Olá {{1}}, a primavera chegou em {{2}}!', 'APPROVED', 'MARKETING'],
  es: ['Hola {{1}}, llegó la primavera.', 'APPROVED', 'MARKETING'],
  fr: ['Bonjour {{1}}, le printemps est là.', 'PAUSED', 'MARKETING'],
  it: ['Ciao {{1}}, è primavera.', 'APPROVED', 'UTILITY'],
}
const PEOPLE: readonly (readonly [string, string | null, string | null, string, Language])[] = [
  // name, language, attribute, country, the language they get
  ['Ana', 'pt', null, 'GB', 'pt_BR'],
  ['Bia', 'pt-PT', null, 'GB', 'pt_BR'],
  ['Caio', null, 'PT_br', 'IN', 'pt_BR'],
  ['Davi', null, null, 'BR', 'pt_BR'],
  ['Elena', 'es_MX', null, 'BR', 'es'],
  ['Fede', null, null, 'AR', 'es'],
  ['Gigi', 'fr', null, 'BR', 'en_US'],
  ['Hugo', 'it', null, 'BR', 'en_US'],
  ['Ivan', 'ru', null, 'BR', 'pt_BR'],
  ['Jai', null, null, 'IN', 'en_US'],
]
const VARIABLES = { 'body.1': '{{ contact.firstName }}', 'body.2': "{{ contact.attributes.city | default: 'Recife' }}" }

before(async () => {
  t = await testApp()
  world = await testWorld(t)
  for (const [language, [text, status, category]] of Object.entries(BODIES)) {
    const components = [{ type: 'BODY', text }]
    await run(
      t.deps.pool,
      sql`INSERT INTO template (workspace_id, id, account_id, meta_id, name, language, category, status, components, parameters)
          VALUES (${t.workspaceId}, ${ids[language as Language]}, ${world.accountId}, ${`77${language}`}, 'spring', ${language}, ${category}, ${status},
                  ${JSON.stringify(components)}, ${JSON.stringify(parametersOf(components))})`,
    )
  }
  for (const [i, [name, language, attribute, country]] of PEOPLE.entries())
    await run(
      t.deps.pool,
      sql`INSERT INTO contact (workspace_id, id, phone_e164, send_key, key_hash, first_name, country, language, attributes, tags, marketing_opt_in)
          VALUES (${t.workspaceId}, ${newId()}, ${`+9197000000${10 + i}`}, ${`9197000000${10 + i}`}, decode(md5(${name}), 'hex'), ${name}, ${country}, ${language},
                  ${JSON.stringify(attribute === null ? {} : { language: attribute })}, ARRAY['spring'], true)`,
    )
})
after(() => t.drop())

const body = (more: Record<string, unknown> = {}) => ({
  name: 'Spring',
  templateId: ids.en_US,
  languages: 'family',
  contactFilter: { tags: ['spring'] },
  variables: VARIABLES,
  ...more,
})
const expected = (language: Language) => PEOPLE.filter(([, , , , gets]) => gets === language).length

async function frozen(more: Record<string, unknown> = {}): Promise<string> {
  const { id } = (await t.request('POST', 'WhatsappCampaign', { body: body(more) })).body
  assert.equal((await t.request('POST', `WhatsappCampaign/${id}/quick-run`)).status, 202)
  assert.equal(await freezeCampaign(t.deps, t.workspaceId, id), 'frozen')
  return id
}

test('the preview counts each language, says why a template is left out, and shows people of each', async () => {
  const { name: _, ...asked } = body()
  const answer = await t.request('POST', 'WhatsappCampaign/preview', { body: asked })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  const { languages, samples, eligible } = answer.body
  assert.deepEqual(
    languages.map(({ language, people, reason }: Record<string, unknown>) => [language, people, reason]),
    [
      ['en_US', expected('en_US'), null],
      ['es', expected('es'), null],
      ['fr', 0, 'It is PAUSED.'],
      ['it', 0, 'Its category is UTILITY, that of the campaign’s own template MARKETING.'],
      ['pt_BR', expected('pt_BR'), null],
    ],
  )
  assert.equal(
    languages.reduce((sum: number, { people }: { people: number }) => sum + people, 0),
    eligible,
  )
  const shown = new Map(samples.map(({ language, text }: { language: string; text: { body: string } }) => [language, text.body]))
  assert.deepEqual([...shown.keys()].sort(), ['en_US', 'es', 'pt_BR'])
  assert.match(String(shown.get('pt_BR')), /^Olá \w+, a primavera chegou em Recife!$/)
  const plain = await t.request('POST', 'WhatsappCampaign/preview', {
    body: { ...asked, variables: { 'body.1': '{{ contact.firstName }}', 'body.2': '{{ contact.attributes.city }}' } },
  })
  assert.deepEqual(
    [plain.body.approximate, plain.body.excluded],
    [false, [{ reason: 'missing_variable', count: expected('pt_BR') }]],
    'only those whose language reads the city lack it',
  )
  const single = await t.request('POST', 'WhatsappCampaign/preview', {
    body: { templateId: ids.en_US, contactFilter: { tags: ['spring'] }, variables: { 'body.1': 'x' } },
  })
  assert.deepEqual(
    [single.body.languages, new Set(single.body.samples.map(({ language }: { language: string }) => language))],
    [[], new Set(['en_US'])],
  )
})

test('a value that one language lacks is parameters-unmapped and names the language; one that no language has is refused', async () => {
  const made = await t.request('POST', 'WhatsappCampaign', { body: body({ variables: { 'body.1': 'x' } }) })
  assert.equal(made.status, 201, 'a draft may be unfinished')
  const run_ = await t.request('POST', `WhatsappCampaign/${made.body.id}/quick-run`)
  assert.deepEqual(
    [run_.status, run_.body.code, run_.body.errors],
    [422, 'parameters-unmapped', [{ pointer: '/variables/body.2', detail: 'The template parameter body.2 has no value. (pt_BR)' }]],
  )
  const unknown = await t.request('POST', 'WhatsappCampaign', { body: body({ variables: { ...VARIABLES, 'body.3': 'x' } }) })
  assert.deepEqual([unknown.status, unknown.body.errors[0].pointer], [422, '/variables/body.3'])
  assert.equal((await t.request('POST', 'WhatsappCampaign', { body: body({ languages: 'all' }) })).status, 422)
})

test('the freeze gives everybody their language, once; list and trail say which, and the text is of that language', async () => {
  const id = await frozen()
  const rows = await many<{ contact_id: string; first_name: string; version_no: number }>(
    t.deps.pool,
    sql`SELECT r.contact_id, c.first_name, r.version_no FROM recipient r JOIN contact c ON c.id = r.contact_id WHERE r.campaign_id = ${id}`,
  )
  const { items } = (await t.request('GET', `WhatsappCampaign/${id}/contacts?pageSize=50`)).body
  const got = new Map(items.map(({ contactId, language }: Record<string, string>) => [contactId, language]))
  assert.deepEqual(
    rows.map(({ contact_id, first_name }) => [first_name, got.get(contact_id)]).sort(),
    PEOPLE.map(([name, , , , language]) => [name, language]),
  )
  const versions = await many<{ language: string; people: number }>(
    t.deps.pool,
    sql`SELECT language, people FROM campaign_version WHERE campaign_id = ${id} ORDER BY version_no`,
  )
  assert.deepEqual(
    versions,
    (['en_US', 'es', 'pt_BR'] as const).map((language) => ({ language, people: expected(language) })),
  )
  const davi = rows.find(({ first_name }) => first_name === 'Davi')
  const trail = (await t.request('GET', `WhatsappCampaign/${id}/contacts/${davi?.contact_id}`)).body
  assert.deepEqual([trail.language, trail.text.body], ['pt_BR', 'Olá Davi, a primavera chegou em Recife!'])
  const message = await compiledMessageOf(t.deps, t.workspaceId, id)
  const hooks = { quickReplyPayload: () => '', linkToken: () => '' }
  const rendered = message.render(
    message.fieldNames.map(() => 'Davi'),
    hooks,
    davi?.version_no,
  )
  assert.ok(rendered.ok)
  assert.deepEqual(rendered.template.language, { code: 'pt_BR' })
  const copy = await t.request('POST', `WhatsappCampaign/${id}/duplicate`)
  assert.equal(copy.body.languages, 'family')
})

test('a hold on one of its languages stops the campaign, one on a language that nobody gets does not', async () => {
  const id = await frozen()
  const hold = (templateId: string) =>
    setHold(t.deps.pool, { workspaceId: t.workspaceId, scope: 'template', scopeId: templateId, reason: 'template_paused', detail: 'x' })
  const running = async () =>
    (await ordersOf(t.deps.pool, t.deps.config, [{ workspaceId: t.workspaceId, numberId: world.numberId }]))
      .get(world.numberId)
      ?.campaigns.find((one) => one.id === id)
  await hold(ids.fr)
  assert.deepEqual((await running())?.templates, { en_US: ids.en_US, es: ids.es, pt_BR: ids.pt_BR })
  await hold(ids.pt_BR)
  assert.equal(await running(), undefined)
  assert.equal((await t.request('GET', `WhatsappCampaign/${id}`)).body.hold.reason, 'template_paused')
  await run(t.deps.pool, sql`DELETE FROM hold WHERE workspace_id = ${t.workspaceId}`)
})

const template = (language: string, status = 'APPROVED'): LaunchTemplate => ({
  id: language,
  account_id: 'a',
  name: 'x',
  language,
  category: 'MARKETING',
  status,
  parameter_format: 'POSITIONAL',
  components: [{ type: 'BODY', text: 'x' }],
  removed_at: null,
})
const tongue = fc.constantFrom('en', 'en_US', 'en_GB', 'pt_BR', 'pt_PT', 'es', 'es_MX', 'hi', 'fil', 'zh_CN')
const family = fc.record({
  own: tongue,
  others: fc.uniqueArray(fc.tuple(tongue, fc.constantFrom('APPROVED', 'PAUSED', 'REJECTED')), { selector: ([language]) => language }),
})
const speaker = fc.record({
  language: fc.option(fc.oneof(tongue, fc.constantFrom('PT-br', ' es ', 'xx', '')), { nil: null }),
  languageAttribute: fc.option(tongue, { nil: null }),
  country: fc.option(fc.constantFrom('BR', 'PT', 'MX', 'IN', 'GB', 'CN', '??'), { nil: null }),
})

test('whatever the family and its order: the same person always gets the same language, an approved one, and the sums add up', () => {
  fc.assert(
    fc.property(family, fc.array(speaker), ({ own, others }, people) => {
      const made = template(own)
      const rest = others.filter(([language]) => language !== own).map(([language, status]) => template(language, status))
      const { versions, lookup } = familyOf(made, rest)
      const again = familyOf(made, [...rest].reverse())
      const got = people.map((one) => versions[versionFor(lookup, one)])
      assert.deepEqual(
        people.map((one) => again.versions[versionFor(again.lookup, one)]),
        got,
      )
      assert.ok(got.every((one) => one?.status === 'APPROVED'))
      const counts = versions.map((version) => got.filter((one) => one === version).length)
      assert.equal(
        counts.reduce((sum, n) => sum + n, 0),
        people.length,
      )
      people.forEach(({ language }, i) => {
        const exact = versions.find((version) => version.language === language)
        if (exact !== undefined) assert.equal(got[i], exact)
      })
    }),
  )
})
