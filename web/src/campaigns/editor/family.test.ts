import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Template } from './draft.ts'
import { askingFor, familyIn, isUsed } from './family.ts'

const made = (language: string, keys: string[], more: Partial<Template> = {}): Template =>
  ({
    id: language,
    accountId: 'a',
    name: 'spring',
    language,
    status: 'APPROVED',
    category: 'MARKETING',
    unsupportedReason: null,
    parameters: keys.map((key) => ({ key, type: 'text', example: language })),
    ...more,
  }) as Template

test('a family is one name of one account, the chosen template first', () => {
  const own = made('es', [])
  const all = [made('pt', []), made('en', []), own, made('fr', [], { name: 'spring_sale' }), made('it', [], { accountId: 'b' })]
  assert.deepEqual(
    familyIn(all, own).map(({ language }) => language),
    ['es', 'en', 'pt'],
  )
})

test('it asks for what every language that is used asks for, each once, with the chosen template’s examples', () => {
  const own = made('en', ['body.1'])
  const family = [
    own,
    made('pt', ['body.2', 'body.1']),
    made('fr', ['body.3'], { status: 'PAUSED' }),
    made('it', ['body.4'], { category: 'UTILITY' }),
  ]
  assert.deepEqual(
    askingFor(own, family).parameters.map(({ key, example }) => [key, example]),
    [
      ['body.1', 'en'],
      ['body.2', 'pt'],
    ],
  )
  assert.deepEqual(
    family.map((member) => isUsed(member, own)),
    [true, true, false, false],
  )
})
