import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterOf, isGroup, isWhole, type Leaf, newGroup, newLeaf, replaced, rootOf } from './tree.ts'

const stored = {
  and: [
    { tags: ['VIP'], match: 'any' },
    { not: { or: [{ country: ['IN'] }, { not: { isActive: true } }] } },
    { not: { not: { optedOut: true } } },
  ],
}

test('what was stored is edited and stored again as it was, doubled denials aside', () => {
  assert.deepEqual(filterOf(rootOf(stored)), { where: { and: [stored.and[0], stored.and[1], { optedOut: true }] } })
  assert.deepEqual(filterOf(rootOf({ and: [{ and: [stored] }] })), filterOf(rootOf(stored)), 'the API wraps a tree')
  assert.deepEqual(filterOf(rootOf({ isActive: true })), { where: { and: [{ isActive: true }] } })
  assert.deepEqual(filterOf(rootOf({ not: { and: [{ isActive: true }] } })), { where: { and: [{ not: { and: [{ isActive: true }] } }] } })
})

test('a tree without conditions means everybody, and says so', () => {
  assert.deepEqual(filterOf(newGroup()), { everyone: true })
  assert.deepEqual(filterOf(rootOf({ and: [] })), { everyone: true })
})

test('a node is changed or taken out wherever it lies; the others stay what they are', () => {
  const root = rootOf(stored)
  const group = root.nodes[1]
  assert.ok(group !== undefined && isGroup(group))
  const inner = group.nodes[0]?.id ?? 0
  const without = replaced(root, inner, () => undefined)
  assert.deepEqual(filterOf(without), {
    where: { and: [stored.and[0], { not: { or: [{ not: { isActive: true } }] } }, { optedOut: true }] },
  })
  assert.equal(without.nodes[0], root.nodes[0])
  const denied = replaced(root, inner, (node) => ({ ...node, isNot: true }))
  assert.match(JSON.stringify(filterOf(denied)), /\{"not":\{"country":\["IN"\]\}\}/)
})

test('half-filled conditions and empty groups are not asked', () => {
  const leaves: readonly (readonly [Leaf, Leaf])[] = [
    [{ tags: [] }, { tags: ['a'] }],
    [{ country: [] }, { country: ['IN'] }],
    [{ campaign: { outcome: 'Read' } }, { campaign: { outcome: 'Read', sinceDays: 7 } }],
    [{ date: { field: 'created', op: 'after' } }, { date: { field: 'created', op: 'never' } }],
    [{ attribute: { key: '', op: 'eq', value: 'x' } }, { attribute: { key: 'City', op: 'exists' } }],
    [{ attribute: { key: 'City', op: 'in', value: [] } }, { attribute: { key: 'City', op: 'in', value: ['Pune'] } }],
    [{ segmentId: '' }, { segmentId: '0199' }],
  ]
  for (const [half, whole] of leaves) {
    assert.equal(isWhole(newGroup([newLeaf(half)])), false, JSON.stringify(half))
    assert.equal(isWhole(newGroup([newGroup([newLeaf(whole)], 'or')])), true, JSON.stringify(whole))
  }
  assert.equal(isWhole(newGroup([newGroup()])), false)
})
