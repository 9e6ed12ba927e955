import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMarkup } from './markup.ts'
import { messageOf, renderedMessage, type ValueFor } from './message.ts'

const COMPONENTS = [
  { type: 'HEADER', format: 'TEXT', text: 'Last days, {{1}}!' },
  { type: 'BODY', text: 'Hi {{1}}, use {{ code }}.' },
  { type: 'FOOTER', text: 'Reply STOP' },
  { type: 'BUTTONS', buttons: [{ type: 'COPY_CODE' }, { type: 'URL', text: 'Shop', url: 'https://example.com/{{1}}' }] },
]

test('each place takes its own value, or stays open under its word', () => {
  const valueFor: ValueFor = (key) => (key === 'header.1' ? { value: 'Asha' } : { open: key === 'body.1' ? 'First name' : 'code' })
  const message = messageOf(COMPONENTS, valueFor)
  assert.deepEqual(message.header, { kind: 'text', text: 'Last days, Asha!' })
  assert.equal(message.body, 'Hi {{First name}}, use {{code}}.')
  assert.deepEqual(message.buttons, [
    { type: 'COPY_CODE', text: '' },
    { type: 'URL', text: 'Shop' },
  ])
})

test('a value that looks like a place is text', () => {
  const { body } = messageOf(COMPONENTS, () => ({ value: '{{2}}' }))
  assert.ok(parseMarkup(body).every(({ kind }) => kind === 'text'))
})

test('a media header keeps its format and link, a carousel its cards, and unknown components are no trouble', () => {
  const message = messageOf(
    [
      { type: 'header', format: 'image' },
      { type: 'CAROUSEL', cards: [{ components: [{ type: 'BODY', text: 'One' }] }, { components: 'none' }] },
      { type: 'SOMETHING_NEW', text: 7 },
    ],
    undefined,
    'https://example.com/a.jpg',
  )
  assert.deepEqual(message.header, { kind: 'media', format: 'IMAGE', link: 'https://example.com/a.jpg' })
  assert.deepEqual(
    message.cards.map(({ body }) => body),
    ['One', ''],
  )
  assert.equal(message.body, '')
})

test('what the server rendered for a person replaces the texts, not the media', () => {
  const shown = renderedMessage(messageOf([{ type: 'HEADER', format: 'VIDEO' }, ...COMPONENTS.slice(1)]), {
    header: null,
    body: 'Hi Asha, use MAY25.',
    footer: 'Reply STOP',
    buttons: [{ type: 'URL', text: 'Shop', url: null }],
    cards: [],
  })
  assert.equal(shown.header?.kind, 'media')
  assert.equal(shown.body, 'Hi Asha, use MAY25.')
  assert.deepEqual(shown.buttons, [{ type: 'URL', text: 'Shop' }])
})
