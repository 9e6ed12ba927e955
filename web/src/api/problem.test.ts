import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiProblem, fieldErrors } from './problem.ts'

const problem = (errors: { pointer: string; detail: string }[]) =>
  new ApiProblem(422, { code: 'invalid-input', title: 'Some fields are not valid', detail: '2 fields are not valid.', errors })

test('each bad field of a problem lands on its field of the form, what has none stays visible', () => {
  const { byField, rest } = fieldErrors(
    problem([
      { pointer: '/name', detail: 'is too long' },
      { pointer: '/contactFilter/tags/0', detail: 'is empty' },
      { pointer: '/variables/body~11', detail: 'is not known' },
      { pointer: '/surprise', detail: 'is not known here' },
    ]),
    ['name', 'contactFilter', 'variables.body/1'],
  )
  assert.deepEqual(byField, { name: 'is too long', contactFilter: 'is empty', 'variables.body/1': 'is not known' })
  assert.deepEqual(rest, ['/surprise is not known here'])
})

test('a problem without fields is shown by its detail', () =>
  assert.deepEqual(fieldErrors(new ApiProblem(409, { code: 'conflict', detail: 'It runs.' }), ['name']), {
    byField: {},
    rest: ['It runs.'],
  }))

test('an answer that is no problem document still has a code', () => assert.equal(new ApiProblem(502, {}).code, 'unexpected-answer'))
