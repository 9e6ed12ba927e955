import assert from 'node:assert/strict'
import { test } from 'node:test'
import { templateProblems } from './limits.ts'
import type { TemplateButton, TemplateComponent } from './parameters.ts'
import { goldenCases } from './test-golden.ts'

const BODY = { type: 'BODY', text: 'Our shop has news.' }
const draft = (components: TemplateComponent[], category = 'MARKETING', parameterFormat = 'POSITIONAL') => ({
  name: 'x',
  language: 'en_US',
  category,
  parameterFormat,
  components,
})
const pointers = (...given: Parameters<typeof draft>) => templateProblems(draft(...given)).map(({ pointer }) => pointer)
const buttons = (...list: TemplateButton[]) => [BODY, { type: 'BUTTONS', buttons: list }]
const quick = (text: string) => ({ type: 'QUICK_REPLY', text })
const url = (address: string, example?: string) => ({ type: 'URL', text: 'Shop', url: address, ...(example ? { example: [example] } : {}) })
const card = (...more: TemplateComponent[]) => ({ components: [{ type: 'HEADER', format: 'IMAGE' }, ...more] })

test('a template of each kind passes', () => {
  for (const given of goldenCases('https://go.example.com/r/', '1'))
    if (!given.components.some(({ cards }) => cards)) assert.deepEqual(templateProblems({ ...given, language: 'en_US' }), [], given.name)
  const cards = [card(BODY), card(BODY)]
  assert.deepEqual(pointers([BODY, { type: 'CAROUSEL', cards }]), [])
})

for (const [what, given, expected] of [
  ['two bodies', [[BODY, BODY]], ['/components']],
  ['no body', [[{ type: 'FOOTER', text: 'x' }]], ['/components']],
  ['a header of no known format', [[{ type: 'HEADER', format: 'HOLOGRAM' }, BODY]], ['/components/0/format']],
  ['61 characters of header', [[{ type: 'HEADER', format: 'TEXT', text: 'x'.repeat(61) }, BODY]], ['/components/0/text']],
  ['two variables in a header', [[{ type: 'HEADER', format: 'TEXT', text: '{{1}} {{2}}' }, BODY]], ['/components/0/text']],
  ['1,025 characters of body', [[{ type: 'BODY', text: 'x'.repeat(1_025) }]], ['/components/0/text']],
  ['a body that ends with a variable', [[{ type: 'BODY', text: 'Hi {{1}}' }]], ['/components/0/text']],
  ['a gap in the numbers', [[{ type: 'BODY', text: 'Hi {{1}} and {{3}}.' }]], ['/components/0/text']],
  ['names and numbers mixed', [[{ type: 'BODY', text: 'Hi {{1}} and {{name}}.' }]], ['/components/0/text']],
  ['numbers in a NAMED template', [[{ type: 'BODY', text: 'Hi {{1}}.' }], 'MARKETING', 'NAMED'], ['/components/0/text']],
  ['61 characters of footer', [[BODY, { type: 'FOOTER', text: 'x'.repeat(61) }]], ['/components/1/text']],
  ['a variable in a footer', [[BODY, { type: 'FOOTER', text: 'Hi {{1}}.' }]], ['/components/1/text']],
  ['no button', [buttons()], ['/components/1/buttons']],
  ['eleven buttons', [buttons(...Array.from({ length: 10 }, () => quick('x')), url('https://x.example/'))], ['/components/1/buttons']],
  ['three links', [buttons(url('https://x.example/'), url('https://x.example/'), url('https://x.example/'))], ['/components/1/buttons']],
  ['quick replies apart', [buttons(quick('a'), url('https://x.example/'), quick('b'))], ['/components/1/buttons']],
  ['a button without a label', [buttons(quick(' '))], ['/components/1/buttons/0/text']],
  ['a label of 26 characters', [buttons(quick('x'.repeat(26)))], ['/components/1/buttons/0/text']],
  ['a variable inside an address', [buttons(url('https://x.example/{{1}}/y', 'z'))], ['/components/1/buttons/0/url']],
  ['a variable without an example', [buttons(url('https://x.example/{{1}}'))], ['/components/1/buttons/0/example']],
  [
    'a phone number of 21',
    [buttons({ type: 'PHONE_NUMBER', text: 'Call', phone_number: '1'.repeat(21) })],
    ['/components/1/buttons/0/phone_number'],
  ],
  ['a code of 16', [buttons({ type: 'COPY_CODE', example: ['A'.repeat(16)] })], ['/components/1/buttons/0/example']],
  ['a one-time code outside AUTHENTICATION', [buttons({ type: 'OTP', otp_type: 'COPY_CODE' })], ['/components/1/buttons/0']],
  ['one card', [[BODY, { type: 'CAROUSEL', cards: [card()] }]], ['/components/1/cards']],
  ['eleven cards', [[BODY, { type: 'CAROUSEL', cards: Array.from({ length: 11 }, () => card()) }]], ['/components/1/cards']],
  ['cards built differently', [[BODY, { type: 'CAROUSEL', cards: [card(), card(BODY)] }]], ['/components/1/cards/1']],
  [
    'a card’s label too long',
    [[BODY, { type: 'CAROUSEL', cards: [card(...buttons(quick('x')).slice(1)), card(...buttons(quick('x'.repeat(26))).slice(1))] }]],
    ['/components/1/cards/1/components/1/buttons/0/text'],
  ],
  [
    'an offer in a UTILITY template',
    [[{ type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'x' } }, BODY], 'UTILITY'],
    ['/components/0'],
  ],
  [
    'an offer of 17 characters',
    [[{ type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'x'.repeat(17) } }, BODY]],
    ['/components/0/limited_time_offer/text'],
  ],
  [
    'an offer with a footer',
    [[{ type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'x' } }, BODY, { type: 'FOOTER', text: 'x' }]],
    ['/components/0'],
  ],
] as [string, Parameters<typeof draft>, string[]][])
  test(`refused before Meta is asked: ${what}`, () => {
    assert.deepEqual([...new Set(pointers(...given))], expected)
  })
