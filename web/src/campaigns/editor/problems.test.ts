import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiProblem } from '../../api/problem.ts'
import { problemsOf } from './problems.ts'

const refusal = (status: number, code: string, errors: { pointer: string; detail: string }[] = []) =>
  new ApiProblem(status, { code, detail: 'In whole.', errors })

test('every refusal leads to the step that mends it', () => {
  const problems = problemsOf([
    refusal(422, 'invalid-input', [
      { pointer: '/variables/body.1', detail: 'Not valid Liquid' },
      { pointer: '/contactFilter/attributes/0/value', detail: 'is needed with this op.' },
      { pointer: '/ratePerSecond', detail: 'is too big' },
      { pointer: '/senderId', detail: 'is needed.' },
    ]),
  ])
  assert.deepEqual(
    problems.map(({ path, step }) => [path, step]),
    [
      ['variables.body.1', 'message'],
      ['contactFilter.attributes.0.value', 'audience'],
      ['ratePerSecond', 'delivery'],
      ['senderId', 'message'],
    ],
  )
})

test('a refusal without fields is kept whole, and what two calls refuse is said once', () => {
  const sender = refusal(422, 'sender-missing', [{ pointer: '/senderId', detail: 'is needed.' }])
  assert.deepEqual(
    problemsOf([sender, undefined, sender, refusal(409, 'conflict')]).map(({ detail }) => detail),
    ['is needed.', 'In whole.'],
  )
})

test('what is merely missing is told from what is wrong; outages and conflicts are no problems of fields', () => {
  const missing = refusal(422, 'parameters-unmapped', [{ pointer: '/variables/body.1', detail: 'has no value.' }])
  assert.equal(problemsOf([missing])[0]?.isMissing, true)
  assert.deepEqual(problemsOf([refusal(503, 'store-unavailable'), refusal(412, 'precondition-failed'), refusal(0, 'unreachable')]), [])
})
