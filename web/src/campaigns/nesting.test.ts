import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nested, nestedIds } from './nesting.ts'

const row = (id: string, parentId: string | null = null) => ({ id, parentId })

test('a resend stands below its campaign, and a resend of a resend below that one', () => {
  const rows = [row('c', 'b'), row('x'), row('b', 'a'), row('a'), row('d', 'a')]
  assert.deepEqual(
    nested(rows).map(({ id }) => id),
    ['x', 'a', 'b', 'c', 'd'],
  )
  assert.deepEqual([...nestedIds(rows)].sort(), ['b', 'c', 'd'])
})

test('a resend whose campaign is on another page keeps its own place', () => {
  const rows = [row('b', 'gone'), row('a')]
  assert.deepEqual(nested(rows), rows)
  assert.equal(nestedIds(rows).size, 0)
})
