import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileMessage } from './compile.ts'
import { parametersOf, type TemplateComponent } from './parameters.ts'
import { type MessageInput, normaliseSpace } from './render.ts'

const hooks = { quickReplyPayload: (i: number) => `payload-${i}`, linkToken: (i: number) => `token-${i}` }
const input = (components: TemplateComponent[], more: Partial<MessageInput> = {}): MessageInput => ({
  name: 'may_promo',
  language: 'en_US',
  parameterFormat: 'POSITIONAL',
  components,
  variables: {},
  headerMedia: null,
  trackedPrefixes: ['https://go.example.com/r/'],
  ...more,
})
function compiled(given: MessageInput) {
  const result = compileMessage(given)
  assert.ok(result.ok, JSON.stringify(result))
  return result.message
}
function rendered(given: MessageInput, values: Record<string, string | null> = {}) {
  const message = compiled(given)
  return message.render(
    message.fieldNames.map((name) => values[name] ?? null),
    hooks,
  )
}
function template(given: MessageInput, values: Record<string, string | null> = {}) {
  const result = rendered(given, values)
  assert.ok(result.ok, JSON.stringify(result))
  return result.template
}
const problemsOf = (given: MessageInput) => {
  const result = compileMessage(given)
  return result.ok ? [] : result.problems.map(({ slug, key }) => `${slug} ${key}`)
}

const BODY: TemplateComponent = { type: 'BODY', text: 'Hi {{1}}, {{2}} off.', example: { body_text: [['Asha', '20%']] } }

test('a template without variables is sent without components', () => {
  assert.deepEqual(template(input([{ type: 'BODY', text: 'Hello' }])), { name: 'may_promo', language: { code: 'en_US' } })
})

test('positional body parameters go in number order', () => {
  const given = input([{ type: 'BODY', text: '{{2}} for {{1}}' }], { variables: { 'body.1': '{{ contact.firstName }}', 'body.2': '20%' } })
  assert.deepEqual(template(given, { firstName: 'Asha' }).components, [
    {
      type: 'body',
      parameters: [
        { type: 'text', text: 'Asha' },
        { type: 'text', text: '20%' },
      ],
    },
  ])
})

test('a named parameter without a mapping takes the contact field, else the attribute, of its name', () => {
  const given = input([{ type: 'BODY', text: 'Hi {{first_name}} in {{city}}' }], { parameterFormat: 'NAMED' })
  assert.deepEqual(compiled(given).fieldNames, ['attributes.city', 'firstName'])
  assert.deepEqual(template(given, { firstName: 'Asha', 'attributes.city': 'Pune' }).components, [
    {
      type: 'body',
      parameters: [
        { type: 'text', parameter_name: 'first_name', text: 'Asha' },
        { type: 'text', parameter_name: 'city', text: 'Pune' },
      ],
    },
  ])
})

for (const [format, media, parameter] of [
  ['IMAGE', { link: 'https://x.example/a.jpg' }, { type: 'image', image: { link: 'https://x.example/a.jpg' } }],
  ['VIDEO', { mediaId: '77' }, { type: 'video', video: { id: '77' } }],
  ['DOCUMENT', { mediaId: '78' }, { type: 'document', document: { id: '78' } }],
] as const)
  test(`a ${format} header carries its media, and is refused without`, () => {
    const components = [
      { type: 'HEADER', format },
      { type: 'BODY', text: 'x' },
    ]
    assert.deepEqual(template(input(components, { headerMedia: media })).components, [{ type: 'header', parameters: [parameter] }])
    assert.deepEqual(problemsOf(input(components)), ['media-missing headerMedia'])
  })

test('buttons: quick replies carry our payload, tracked links a token, other links a suffix, copy codes the code, static ones nothing', () => {
  const given = input(
    [
      { type: 'BODY', text: 'x' },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'Yes' },
          { type: 'URL', text: 'Shop', url: 'https://go.example.com/r/{{1}}' },
          { type: 'URL', text: 'Other', url: 'https://shop.example.com/{{1}}' },
          { type: 'COPY_CODE', text: 'Copy' },
          { type: 'PHONE_NUMBER', text: 'Call' },
        ],
      },
    ],
    { variables: { 'button.1': 'https://example.com/{{ contact.attributes.slug }}', 'button.2': 'tea pots', 'button.3': 'MAY20' } },
  )
  const result = rendered(given, { 'attributes.slug': 'spring' })
  assert.ok(result.ok)
  assert.deepEqual(result.template.components, [
    { type: 'button', sub_type: 'quick_reply', index: '0', parameters: [{ type: 'payload', payload: 'payload-0' }] },
    { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: 'token-1' }] },
    { type: 'button', sub_type: 'url', index: '2', parameters: [{ type: 'text', text: 'tea%20pots' }] },
    { type: 'button', sub_type: 'copy_code', index: '3', parameters: [{ type: 'coupon_code', coupon_code: 'MAY20' }] },
  ])
  assert.deepEqual(result.destinations, { 1: 'https://example.com/spring' })
})

test('an authentication code goes into the body and its button', () => {
  const given = input(
    [
      { type: 'BODY', text: '{{1}} is your code' },
      { type: 'BUTTONS', buttons: [{ type: 'OTP', text: 'Copy' }] },
    ],
    {
      variables: { 'body.1': '482913' },
    },
  )
  assert.deepEqual(template(given).components, [
    { type: 'body', parameters: [{ type: 'text', text: '482913' }] },
    { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: '482913' }] },
  ])
})

test('where a tracked link leads is never chosen by a contact’s data', () => {
  const components = [{ type: 'BUTTONS', buttons: [{ type: 'URL', text: 'x', url: 'https://go.example.com/r/{{1}}' }] }]
  for (const source of [
    '{{ contact.attributes.url }}',
    'https://{{ contact.attributes.host }}/x',
    'https://a.example{{ contact.name }}',
    'javascript:alert(1)',
  ])
    assert.deepEqual(problemsOf(input(components, { variables: { 'button.0': source } })), ['invalid-input button.0'], source)
})

test('every unmapped, unknown and wrong variable is named at once', () => {
  const variables = { 'body.1': '{{ contact.shoeSize }}', 'body.9': 'x', 'body.2': '{{ "now" | date }}' }
  assert.deepEqual(problemsOf(input([BODY, { type: 'HEADER', format: 'TEXT', text: 'For {{1}}' }], { variables })).sort(), [
    'invalid-input body.1',
    'invalid-input body.2',
    'invalid-input body.9',
    'parameters-unmapped header.1',
  ])
})

test('a value that renders empty skips its recipient, a default saves them', () => {
  const variables = { 'body.1': '{{ contact.firstName }}', 'body.2': '20%' }
  assert.deepEqual(rendered(input([BODY], { variables })), { ok: false, reason: 'missing_variable', key: 'body.1' })
  const withDefault = input([BODY], { variables: { ...variables, 'body.1': "{{ contact.firstName | default: 'there' }}" } })
  assert.deepEqual(rendered(withDefault).ok, true)
})

test('a text that grows too long skips its recipient', () => {
  const given = input(
    [
      { type: 'HEADER', format: 'TEXT', text: 'Hi {{1}}' },
      { type: 'BODY', text: 'x' },
    ],
    {
      variables: { 'header.1': '{{ contact.firstName }}' },
    },
  )
  assert.deepEqual(rendered(given, { firstName: 'A'.repeat(58) }), { ok: false, reason: 'too_long', key: 'header' })
})

test('what we cannot send is refused with the reason, never sent wrong', () => {
  const products = { components: [{ type: 'HEADER', format: 'PRODUCT' }] }
  const image = { type: 'HEADER', format: 'IMAGE' }
  for (const components of [
    [{ type: 'CAROUSEL', cards: [] }],
    [{ type: 'CAROUSEL', cards: [products, products] }],
    [{ type: 'CAROUSEL', cards: [{ components: [image, { type: 'FOOTER', text: 'x' }] }, { components: [image] }] }],
    [{ type: 'HEADER', format: 'PRODUCT' }],
    [{ type: 'HEADER', format: 'GIF' }],
    [{ type: 'HEADER', format: 'HOLOGRAM' }],
    [{ type: 'BUTTONS', buttons: [{ type: 'MPM', text: 'x' }] }],
    [{ type: 'BUTTONS', buttons: [{ type: 'SPM', text: 'x' }] }],
    [
      { type: 'BODY', text: 'No place.' },
      { type: 'BUTTONS', buttons: [{ type: 'OTP', text: 'Copy' }] },
    ],
    [{ type: 'SOMETHING_NEW' }],
  ])
    assert.deepEqual(problemsOf(input(components)), ['template-not-sendable '], JSON.stringify(components))
})

test('a location, an offer’s end, a coupon and a card’s media are refused when they cannot be right, and skip whom they fail', () => {
  const parts: readonly [TemplateComponent, string, string, string][] = [
    [{ type: 'HEADER', format: 'LOCATION' }, 'header.latitude', '91', '12.97'],
    [{ type: 'HEADER', format: 'LOCATION' }, 'header.longitude', 'east', '-77.59'],
    [
      { type: 'LIMITED_TIME_OFFER', limited_time_offer: { has_expiration: true } },
      'offer.expiresAt',
      '2026-05-31T20:00:00',
      '2026-05-31T20:00:00Z',
    ],
    [{ type: 'BUTTONS', buttons: [{ type: 'COPY_CODE' }] }, 'button.0', 'MAY-20', 'MAY20'],
  ]
  const rest = { 'header.latitude': '1', 'header.longitude': '1', 'header.name': 'x', 'header.address': 'y' }
  for (const [component, key, wrong, right] of parts) {
    const others = component.type === 'HEADER' ? rest : {}
    assert.deepEqual(problemsOf(input([component], { variables: { ...others, [key]: wrong } })), [`invalid-input ${key}`], key)
    const given = input([component], { variables: { ...others, [key]: '{{ contact.attributes.value }}' } })
    assert.deepEqual(rendered(given, { 'attributes.value': wrong }), { ok: false, reason: 'missing_variable', key })
    assert.equal(rendered(given, { 'attributes.value': right }).ok, true, key)
  }
  const card = { components: [{ type: 'HEADER', format: 'IMAGE' }] }
  const carousel = [{ type: 'CAROUSEL', cards: [card, card] }]
  const cards = (second: string) => ({ variables: { 'card.0.header': '12', 'card.1.header': second } })
  assert.deepEqual(problemsOf(input(carousel, cards('{{ contact.attributes.image }}'))), ['invalid-input card.1.header'])
  assert.deepEqual(problemsOf(input(carousel)), ['parameters-unmapped card.0.header', 'parameters-unmapped card.1.header'])
  assert.deepEqual(problemsOf(input(carousel, cards('https://x.example/{{ contact.attributes.image }}'))), ['invalid-input card.1.header'])
  assert.equal(rendered(input(carousel, cards('https://x.example/a.jpg'))).ok, true)
})

test('rendered parameters never hold a new line, a tab or more than four spaces, and are never empty', () => {
  const message = compiled(input([{ type: 'BODY', text: 'x {{1}} y' }], { variables: { 'body.1': '{{ contact.name }}' } }))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(' ', '\n', '\t', 'a') })), (name) => {
      const result = message.render([name], hooks)
      if (!result.ok) return
      const text = (result.template.components as { parameters: { text: string }[] }[])[0]?.parameters[0]?.text ?? ''
      assert.match(text, /^(?!.*[\n\r\t])(?!.* {5})(?=.*\S).+$/su)
      assert.equal(normaliseSpace(text), text)
    }),
  )
})

test('parameters are read from the texts, with their examples', () => {
  assert.deepEqual(
    parametersOf([
      { type: 'HEADER', format: 'TEXT', text: 'Hi {{1}}', example: { header_text: ['Asha'] } },
      BODY,
      { type: 'BUTTONS', buttons: [{ type: 'COPY_CODE', text: 'c', example: ['X1'] }] },
    ]),
    [
      { key: 'header.1', type: 'text', example: 'Asha' },
      { key: 'body.1', type: 'text', example: 'Asha' },
      { key: 'body.2', type: 'text', example: '20%' },
      { key: 'button.0', type: 'copy_code', example: 'X1' },
    ],
  )
})
