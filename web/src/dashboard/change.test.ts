import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeOf, pointsOf } from './change.ts'

test('a figure is compared with the one before, and with nothing when there was none', () => {
  assert.equal(changeOf(150, 100), 0.5)
  assert.equal(changeOf(0, 100), -1)
  assert.equal(changeOf(7, 7), 0)
  assert.equal(changeOf(5, 0), null)
})

test('a rate moves by points, and only between two rates', () => {
  assert.equal(pointsOf(0.75, 0.5), 0.25)
  assert.equal(pointsOf(null, 0.5), null)
  assert.equal(pointsOf(0.5, null), null)
})
