// Writes src/api/schema.gen.ts: the types of every route, from the OpenAPI document the server itself would answer with.
// `--check` writes nothing and fails when the file is stale.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'
import { buildApp } from '../../server/src/app.ts'
import { readConfig } from '../../server/src/platform/config.ts'
import { createLogger } from '../../server/src/platform/log.ts'
import { makePool } from '../../server/src/platform/pool.ts'

const FILE = fileURLToPath(new URL('../src/api/schema.gen.ts', import.meta.url))
const KEY = Buffer.alloc(32).toString('base64')
const nothingSealed = () => Promise.reject(new Error('a document holds no secrets'))

/** The client's types as the server is now. Nothing listens and no database is asked. */
export async function generateClient(): Promise<string> {
  const config = readConfig({ DATABASE_URL: 'postgres://127.0.0.1:1/none', ENCRYPTION_KEY: KEY, LOG_LEVEL: 'silent' })
  const pool = makePool(config.DATABASE_URL ?? '', { max: 1, name: 'client' })
  const app = buildApp({
    config,
    pool,
    system: pool,
    log: createLogger('silent'),
    secrets: { seal: nothingSealed, open: nothingSealed, derive: () => Buffer.alloc(32) },
    install: { id: '00000000-0000-7000-8000-000000000000' },
    now: () => new Date(),
  })
  // a field with a default may be left out of a request
  const document = await (await app.request('/api/v1/openapi.json')).json()
  await pool.end()
  return `// Made by \`npm run -w web client\` from the server's OpenAPI document. Do not edit.\n${astToString(await openapiTS(document, { defaultNonNullable: false }))}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = await generateClient()
  if (!process.argv.includes('--check')) writeFileSync(FILE, made)
  else if (made !== readFileSync(FILE, 'utf8')) {
    console.error('web/src/api/schema.gen.ts is stale: npm run -w web client')
    process.exitCode = 1
  }
}
