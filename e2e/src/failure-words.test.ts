import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CATALOG_CODES } from '../../server/src/analytics/failure-catalog.ts'
import { failures } from '../../web/src/strings/ar/failures.ts'

test('every error code that the API explains in English is explained in Arabic, too, and no other', () => {
  const keys = CATALOG_CODES.flatMap((code) => [`failureTitle.${code}`, `failureAdvice.${code}`])
  assert.deepEqual(Object.keys(failures).sort(), keys.sort())
})
