import assert from 'node:assert/strict'
import { test } from 'node:test'
import { staleFiles } from './scripts/client.ts'

test('the console’s typed client is that of the server as it is now: npm run -w web client', async () =>
  assert.deepEqual(await staleFiles('web/'), []))
