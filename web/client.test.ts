import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { generateClient } from './scripts/client.ts'

test('the typed client is that of the server as it is now: npm run -w web client', async () =>
  assert.ok(
    (await generateClient()) === readFileSync(new URL('./src/api/schema.gen.ts', import.meta.url), 'utf8'),
    'schema.gen.ts is stale',
  ))
