import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formOf, NO_SETTINGS, targetsFor } from './settings.ts'

test('a form says everything before its file, so that the server knows it when the rows come', async () => {
  const file = new File(['phone\n+919876543210\n'], 'people.csv')
  const form = formOf(file, { mapping: { Tel: 'phone' }, tags: ['VIP', 'a, b'], onExisting: 'skip', defaultCountry: 'in' }, true)
  assert.deepEqual(
    [...form].map(([name, value]) => [name, typeof value === 'string' ? value : value.name]),
    [
      ['mapping', '{"Tel":"phone"}'],
      ['tags', 'VIP'],
      ['tags', 'a, b'],
      ['onExisting', 'skip'],
      ['defaultCountry', 'IN'],
      ['dryRun', 'true'],
      ['file', 'people.csv'],
    ],
  )
  assert.equal(formOf(file, NO_SETTINGS, false).has('defaultCountry'), false)
})

test('a column may stay what it is called, unless it is called nothing', () => {
  assert.ok(targetsFor(' City ').includes('attributes.City'))
  assert.ok(!targetsFor('  ').some((target) => target.startsWith('attributes')))
})
