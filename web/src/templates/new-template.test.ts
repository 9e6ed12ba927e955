import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyTemplate, fieldOf, nextPlace, type TemplateForm, templateInput } from './new-template.ts'

const form: TemplateForm = {
  ...emptyTemplate,
  name: 'may_promo',
  header: 'For {{1}}',
  body: 'Hi {{1}}, {{2}} off until Sunday.',
  buttons: [
    { type: 'URL', text: 'Shop', value: 'https://example.com/{{1}}', example: 'https://example.com/a' },
    { type: 'PHONE_NUMBER', text: 'Call', value: '+15550047120', example: '' },
    { type: 'COPY_CODE', text: '', value: 'MAY25', example: '' },
    { type: 'QUICK_REPLY', text: 'Stop', value: '', example: '' },
  ],
  examples: { 'header.1': 'you', 'body.1': 'Asha', 'body.2': '25%' },
}

test('a form becomes components in Meta’s own shapes, with an example of each value', () => {
  const input = templateInput(form)
  assert.equal(input.parameterFormat, 'POSITIONAL')
  assert.deepEqual(input.components, [
    { type: 'HEADER', format: 'TEXT', text: 'For {{1}}', example: { header_text: ['you'] } },
    { type: 'BODY', text: 'Hi {{1}}, {{2}} off until Sunday.', example: { body_text: [['Asha', '25%']] } },
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'URL', text: 'Shop', url: 'https://example.com/{{1}}', example: ['https://example.com/a'] },
        { type: 'PHONE_NUMBER', text: 'Call', phone_number: '+15550047120' },
        { type: 'COPY_CODE', example: 'MAY25' },
        { type: 'QUICK_REPLY', text: 'Stop' },
      ],
    },
  ])
})

test('named places are sent as names', () => {
  const input = templateInput({ ...emptyTemplate, body: 'Hi {{first_name}}!', examples: { 'body.first_name': 'Asha' } })
  assert.equal(input.parameterFormat, 'NAMED')
  assert.deepEqual(input.components[0]?.example, { body_text_named_params: [{ param_name: 'first_name', example: 'Asha' }] })
})

for (const [pointer, field] of [
  ['/name', 'name'],
  ['/components', 'body'],
  ['/components/0/text', 'header'],
  ['/components/1/text', 'body'],
  ['/components/2/buttons', 'buttons'],
  ['/components/2/buttons/0/url', 'buttons.0.value'],
  ['/components/2/buttons/1/text', 'buttons.1.text'],
  ['/components/9/text', undefined],
  ['/surprise', undefined],
] as const)
  test(`${pointer} is about ${field ?? 'no field'}`, () => assert.equal(fieldOf(form, pointer), field))

test('without a header the body comes first', () => assert.equal(fieldOf({ ...form, header: '' }, '/components/0/text'), 'body'))

for (const [text, next] of [
  ['', '1'],
  ['Hi {{1}} and {{3}}', '4'],
  ['Hi {{first_name}}', '1'],
] as const)
  test(`after ${JSON.stringify(text)} comes {{${next}}}`, () => assert.equal(nextPlace(text), next))
