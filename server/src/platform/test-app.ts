import { randomBytes } from 'node:crypto'
import { insertKey, newKey } from '../access/keys.ts'
import { PERMISSIONS, type Permission } from '../access/permissions.ts'
import { type App, buildApp } from '../app.ts'
import { type Config, readConfig } from './config.ts'
import { run, sql } from './db.ts'
import type { Deps } from './http.ts'
import { newId } from './ids.ts'
import { createLogger, type Logger } from './log.ts'
import { openSecrets } from './secrets.ts'
import { testDatabase } from './test-database.ts'
import { makeWalledPool } from './wall.ts'

export interface TestAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the body of a test's answer is whatever the test expects
  readonly body: any
  readonly headers: Headers
}

/** The whole app in this process, on a database of its own. `deps` are a worker's, and see everything; the app's requests are walled. */
export interface TestApp {
  readonly app: App
  readonly deps: Deps
  readonly workspaceId: string
  /** Holds every permission. */
  readonly key: string
  /** Another workspace, with a key that holds every permission there. */
  readonly foreign: { readonly workspaceId: string; readonly key: string }
  /** A key of this workspace with just these permissions. */
  keyWith(...permissions: Permission[]): Promise<string>
  /** @param options.key null: no credential */
  request(
    method: string,
    path: string,
    options?: { readonly body?: unknown; readonly key?: string | null; readonly headers?: Record<string, string>; readonly raw?: BodyInit },
  ): Promise<TestAnswer>
  drop(): Promise<void>
}

export async function testApp(
  options: { readonly environment?: Record<string, string>; readonly now?: () => Date; readonly log?: Logger } = {},
): Promise<TestApp> {
  const database = await testDatabase()
  const config: Config = readConfig({
    API_RATE_PER_SECOND: '100000',
    LOG_LEVEL: 'silent',
    ...options.environment,
    DATABASE_URL: database.url,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  })
  const deps: Deps = {
    config,
    pool: database.pool,
    system: database.pool,
    log: options.log ?? createLogger(config.LOG_LEVEL),
    secrets: await openSecrets(database.pool, [config.ENCRYPTION_KEY ?? '']),
    install: { id: newId() },
    now: options.now ?? (() => new Date()),
  }
  const workspaceWithKey = async (name: string) => {
    const workspaceId = newId()
    const key = newKey()
    await run(database.pool, sql`INSERT INTO workspace (id, name) VALUES (${workspaceId}, ${name})`)
    await insertKey(database.pool, { workspaceId, key, name: 'test', permissions: PERMISSIONS, createdBy: { id: null, name: 'test' } })
    return { workspaceId, key }
  }
  const own = await workspaceWithKey('Own')
  const foreign = await workspaceWithKey('Foreign')
  const walled = makeWalledPool(database.url, { max: 10, name: 'fanfare-test' })
  const app = buildApp({ ...deps, pool: walled })
  return {
    app,
    deps,
    ...own,
    foreign,
    async keyWith(...permissions) {
      const key = newKey()
      await insertKey(database.pool, {
        workspaceId: own.workspaceId,
        key,
        name: 'test',
        permissions,
        createdBy: { id: null, name: 'test' },
      })
      return key
    },
    async request(method, path, { body, key = own.key, headers = {}, raw } = {}) {
      const answer = await app.request(path.startsWith('/') ? path : `/api/v1/${path}`, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(raw !== undefined ? { body: raw } : body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      const isJson = /json/.test(answer.headers.get('content-type') ?? '')
      return { status: answer.status, body: isJson && text !== '' ? JSON.parse(text) : text, headers: answer.headers }
    },
    drop: () => database.drop(),
  }
}
