import { randomBytes } from 'node:crypto'
import { testDatabase } from '../../../server/src/platform/test-database.ts'
import { startServer } from '../server-process.ts'

/** A server with nothing behind it but a database: it answers, sends nothing, and no address outside this machine is called. */
export async function fuzzedServer() {
  const database = await testDatabase({ migrated: false })
  const key = randomBytes(24).toString('base64url')
  const server = await startServer({
    DATABASE_URL: database.url,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    BOOTSTRAP_API_KEY: key,
    API_RATE_PER_SECOND: '100000',
    ROLE: 'api',
    LOG_LEVEL: 'error',
    META_GRAPH_BASE_URL: 'http://127.0.0.1:9',
  })
  return {
    url: server.url,
    key,
    output: () => server.output(),
    async close() {
      await server.stop()
      await database.drop()
    },
  }
}
